-- SPDX-License-Identifier: EUPL-1.2
-- What a superuser prepares inside a new Brama database (see roles.sql), before the migrations run as brama_owner.
create extension if not exists postgis with schema public;
create extension if not exists pg_trgm with schema public;
create extension if not exists unaccent with schema public;
create extension if not exists btree_gist with schema public;

-- Extensions live in public; nothing of ours does, so that nobody can put a function of his own before theirs.
alter schema public owner to current_user;
revoke create on schema public from public;
grant usage on schema public to brama_owner, brama_app, brama_public;

do $$
begin
    execute pg_catalog.format('revoke all on database %I from public', pg_catalog.current_database());
    execute pg_catalog.format('alter database %I owner to brama_owner', pg_catalog.current_database());
    execute pg_catalog.format('grant connect on database %I to brama_owner, brama_app, brama_public',
        pg_catalog.current_database());
end
$$;
