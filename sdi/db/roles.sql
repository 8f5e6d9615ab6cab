-- SPDX-License-Identifier: EUPL-1.2
-- The three roles of a Brama database; run by a superuser, as often as wanted. They have no passwords: the private
-- cluster lets them in by the operating system's account, another cluster's administrator sets how they sign in.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['brama_owner', 'brama_app', 'brama_public'] loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
            execute pg_catalog.format('create role %I', wanted);
        end if;
        execute pg_catalog.format(
            'alter role %I login nosuperuser nocreatedb nocreaterole noreplication nobypassrls', wanted);
    end loop;
end
$$;

-- Owns every schema, table and view; runs migrations, loads and jobs, which may take long.
alter role brama_owner set idle_in_transaction_session_timeout = '1h';
alter role brama_owner set lock_timeout = '60s';

-- Serves people who signed in, and writes: reaches only the owner's views.
alter role brama_app set statement_timeout = '30s';
alter role brama_app set idle_in_transaction_session_timeout = '60s';
alter role brama_app set lock_timeout = '5s';

-- Serves everybody: reads what is public.
alter role brama_public set default_transaction_read_only = on;
alter role brama_public set statement_timeout = '30s';
alter role brama_public set idle_in_transaction_session_timeout = '60s';
alter role brama_public set lock_timeout = '5s';
