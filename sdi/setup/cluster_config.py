# SPDX-License-Identifier: EUPL-1.2
"""The text of the private cluster's configuration files, sized to the machine."""

import os
from pathlib import Path

from sdi.setup import accounts

MIB = 1024 * 1024
ROLES = ("postgres", "brama_owner", "brama_app", "brama_public")


def server_config(data: Path, socket_folder: Path, *, durable: bool) -> str:
    """`postgresql.conf`; an administrator's own settings go to `local.conf` beside it, which is read last."""
    settings = {
        **_connections(socket_folder),
        **_memory(memory_bytes()),
        **_planner(os.cpu_count() or 1),
        **(_durable() if durable else _fleeting()),
        **_logging(data / "logs"),
    }
    lines = [f"{name} = {_quoted(value)}" for name, value in settings.items()]
    return "\n".join(
        ["# Written by brama at every start: changes go to local.conf.", *lines, "include_if_exists = 'local.conf'", ""]
    )


def access_rules() -> str:
    """`pg_hba.conf`: the local socket only, and only accounts that `pg_ident.conf` names."""
    return "local all all peer map=brama\n"


def identities() -> str:
    """`pg_ident.conf`: the account that runs the cluster and root may be any of our roles and the superuser."""
    names = sorted({"root", accounts.service_account().name})
    return "".join(f'brama "{name}" {role}\n' for name in names for role in ROLES)


def memory_bytes() -> int:
    """The machine's memory, or the limit of the control group when that is less."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(physical, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):
        return physical


def _connections(socket_folder: Path) -> dict[str, str]:
    return {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": str(socket_folder),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "cluster_name": "brama",
    }


def _memory(total: int) -> dict[str, str]:
    """A fifth of the memory for shared buffers: web workers and map rendering want the rest."""
    mib = total // MIB
    return {
        "shared_buffers": f"{_between(64, mib // 5, 16384)}MB",
        "effective_cache_size": f"{max(128, mib // 2)}MB",
        "work_mem": f"{_between(4, mib // 400, 128)}MB",
        "maintenance_work_mem": f"{_between(32, mib // 16, 2048)}MB",
        "temp_file_limit": f"{20 * 1024}MB",
        "huge_pages": "try",
    }


def _planner(cores: int) -> dict[str, str]:
    return {
        "random_page_cost": "1.1",
        "effective_io_concurrency": "200",
        "max_worker_processes": str(max(8, cores)),
        "max_parallel_workers": str(cores),
        "max_parallel_workers_per_gather": str(_between(1, cores // 2, 4)),
        "max_parallel_maintenance_workers": str(_between(1, cores // 2, 4)),
        "jit": "off",
        "default_statistics_target": "100",
        "autovacuum_naptime": "30s",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.02",
    }


def _durable() -> dict[str, str]:
    return {
        "fsync": "on",
        "wal_compression": "lz4",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "min_wal_size": "256MB",
        "max_wal_size": "4GB",
    }


def _fleeting() -> dict[str, str]:
    return {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "autovacuum": "off",
        "checkpoint_timeout": "1h",
        "max_wal_size": "4GB",
    }


def _logging(folder: Path) -> dict[str, str]:
    """One file for each day of the week, so that at most seven days are kept; parameters of statements stay out."""
    return {
        "log_destination": "stderr",
        "logging_collector": "on",
        "log_directory": str(folder),
        "log_filename": "postgres-%u.log",
        "log_file_mode": "0600",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_line_prefix": "%m [%p] %q%u@%d %a ",
        "log_timezone": "UTC",
        "timezone": "UTC",
        "log_checkpoints": "off",
        "log_lock_waits": "on",
        "log_min_duration_statement": "5s",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_temp_files": "100MB",
    }


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))
