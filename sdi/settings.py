# SPDX-License-Identifier: EUPL-1.2
"""Settings: `config.yml` and the environment read once into frozen models; nothing reads them on import."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sdi.errors import SettingsError

ENVIRONMENT_PREFIX = "BRAMA_"
CODE = Path(__file__).resolve().parent.parent

Language = Literal["pl", "en"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Server(_Section):
    """Where the portal and the services are reached."""

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 for all")
    port: int = Field(8080, ge=1, le=65535, description="TCP port")
    public_url: str | None = Field(
        None, pattern=r"^https?://[^/\s]+(/[^\s]*)?$", description="address people use; builds every link"
    )
    workers: int = Field(2, ge=1, le=64, description="web worker processes")
    threads: int = Field(8, ge=1, le=64, description="request threads in a worker")
    proxies: int = Field(
        0, ge=0, le=5, description="reverse proxies in front, whose X-Forwarded-For, -Proto and -Host are believed"
    )


class DatabaseSettings(_Section):
    """Which PostGIS holds the data."""

    url: str | None = Field(
        None, pattern=r"^postgresql://", description="another PostGIS; none means the private cluster"
    )
    name: str = Field("brama", pattern=r"^[a-z][a-z0-9_]*$", description="database in the private cluster")


class Limits(_Section):
    """What one request may cost."""

    items: int = Field(10_000, ge=1, description="features or records on a page")
    default_items: int = Field(10, ge=1, description="features on a page when nothing is asked")
    body_bytes: int = Field(1_000_000, ge=1_000, description="a request body other than an upload")
    changes: int = Field(10_000, ge=1, description="features changed in one transaction")
    change_vertices: int = Field(2_000_000, ge=100, description="vertices of all geometries in one transaction")
    change_bytes: int = Field(20_000_000, ge=1_000, description="a request body that changes features")
    upload_bytes: int = Field(4_000_000_000, ge=1_000, description="an uploaded file")
    unpacked_bytes: int = Field(20_000_000_000, ge=1_000, description="all files of an archive, unpacked")
    map_pixels: int = Field(16_000_000, ge=1, description="width times height of a map")
    map_features: int = Field(2_000_000, ge=1_000, description="features that one map may read")
    statement_ms: int = Field(15_000, ge=100, description="one SQL statement of a request")
    download_bytes: int = Field(8_000_000_000, ge=1_000, description="a file written for a download")
    kept_bytes: int = Field(5_000_000_000, ge=0, description="files of whole layers kept for the next caller, together")
    streams: int = Field(3, ge=1, le=63, description="long downloads at once in a web worker; some threads stay free")
    render_ms: int = Field(20_000, ge=100, description="one map")
    render_mb: int = Field(2_000, ge=200, description="memory of a render process")


class Tiles(_Section):
    """What is kept of finished tiles."""

    disk_mb: int = Field(2_000, ge=0, le=10_000_000, description="tiles on disk, under `data`; 0 keeps none")
    memory_mb: int = Field(32, ge=0, le=100_000, description="tiles in the memory of each web worker")
    seeding_share: float = Field(
        0.5, gt=0, le=1, strict=False, description="part of the time that a seeding job draws; the rest it rests"
    )


class Outbound(_Section):
    """Which addresses the server may call."""

    hosts: tuple[str, ...] = Field((), description="host names that ingest by address may fetch from")
    private_addresses: bool = Field(default=False, description="whether these may resolve to private addresses")


class RoleRule(_Section):
    """A role that members of a provider's group have."""

    group: str = Field(min_length=1, description="group, as the provider names it")
    role: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="code of the role")
    organisation: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="slug of the organisation")


class Provider(_Section):
    """An OpenID Connect provider that people may sign in with."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$", description="name in addresses and in the list of sessions")
    title: dict[Language, str] = Field(description="name on the page of signing in")
    issuer: str = Field(pattern=r"^https?://[^\s?#]+$", description="its issuer identifier, letter by letter")
    client_id: str = Field(min_length=1, description="what it calls this site")
    client_secret_file: Path | None = Field(
        None, strict=False, description="file of the secret it gave; none for a public client"
    )
    scopes: tuple[str, ...] = Field(("openid", "profile"), description="scopes to ask for")
    login_claim: str = Field("preferred_username", description="claim that says the login")
    groups_claim: str = Field("groups", description="claim that lists groups")
    accounts: Literal["linked", "by_login", "created"] = Field(
        "linked", description="whose account a person gets: one linked by hand, one of that login, or a new one"
    )
    organisation: str = Field("mazowieckie", description="organisation of new accounts")
    roles: tuple[RoleRule, ...] = Field((), description="roles that groups give, kept up at each sign-in")


class Identity(_Section):
    """How people sign in."""

    idle_minutes: int = Field(60, ge=1, le=1_440, description="a browser's session ends when unused for so long")
    session_hours: int = Field(12, ge=1, le=720, description="a browser's session ends in any case")
    invitation_days: int = Field(7, ge=1, le=90, description="an invitation may be used for so long")
    attempts: int = Field(10, ge=1, description="failed sign-ins of one login within 15 minutes")
    address_attempts: int = Field(100, ge=1, description="failed sign-ins from one address within 15 minutes")
    breached_passwords: Path | None = Field(
        None, strict=False, description="sorted file of SHA-1 hashes of leaked passwords, or of their beginnings"
    )
    providers: tuple[Provider, ...] = Field((), description="OpenID Connect providers; see people.md for their keys")


class Site(_Section):
    """Who runs this gate, as capabilities and pages say it."""

    title: dict[Language, str] = {"pl": "Brama Mazowsza", "en": "Gate of Mazovia"}
    abstract: dict[Language, str] = {
        "pl": "Infrastruktura informacji przestrzennej regionu i jego samorządów.",
        "en": "Spatial data infrastructure of the region and its local governments.",
    }
    organisation: str = Field("mazowieckie", description="slug of the organisation at the root of the tree")
    contact: str = Field("", description="e-mail address shown to users; INSPIRE's metadata of services need it")
    namespace: str | None = Field(
        None,
        pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"'&()]+$",
        description="XML namespace of the features' names; unset, the public address with /features",
    )
    phone: str = Field("", description="telephone shown in capabilities")
    street: str = Field("", description="street and number of the office, for capabilities")
    postcode: str = Field("", description="postcode of the office")
    city: str = Field("", description="town of the office")
    country: str = Field("Polska", description="country of the office")
    accent: str = Field("#0b5394", pattern=r"^#[0-9a-f]{6}$", description="accent colour")
    start_layers: tuple[str, ...] = Field(("communes",), description="layers that the portal shows at first")
    base_layers: tuple[str, ...] = Field(
        ("region", "counties", "communes", "rivers"), description="layers that make the base map, where present"
    )


class Places(_Section):
    """Layers that say where a record is, where present."""

    communes: str = Field("communes", description="layer of the communes; its key begins with six digits of TERYT")
    parcels: str = Field("parcels", description="layer of the parcels; its key is the parcel's identifier")
    evidence: tuple[str, ...] = Field(
        ("communes", "parcels", "local_plans", "protected_areas"),
        description="layers whose features on a record's place are kept with it as evidence",
    )


class Documents(_Section):
    """Files that people attach to records."""

    bytes: int = Field(50_000_000, ge=1_000, description="a document or photo")
    scanner: str | None = Field(
        None, description="socket of a ClamAV daemon that looks at every file: a path, or host:port"
    )


class Settings(_Section):
    """All settings; one section a concern."""

    data: Path = Field(CODE / "var", strict=False, description="folder of the database, files and logs")
    server: Server = Server()
    database: DatabaseSettings = DatabaseSettings()
    limits: Limits = Limits()
    tiles: Tiles = Tiles()
    outbound: Outbound = Outbound()
    identity: Identity = Identity()
    site: Site = Site()
    places: Places = Places()
    documents: Documents = Documents()
    log: Literal["debug", "info", "warning"] = Field("info", description="least level that is logged")

    @property
    def public_url(self) -> str:
        """Base of every link, without a slash at the end."""
        return (self.server.public_url or f"http://{self.server.host}:{self.server.port}").rstrip("/")


def load(path: Path | None = None, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read `path` (`config.yml` of the checkout when none is given; defaults where it is missing).

    `BRAMA_SERVER__PORT=9000` overrides `server.port`; `overrides` take dotted names as `server__port=9000`.
    Raises SettingsError naming the line, the key and what was expected.
    """
    path = path or CODE / "config.yml"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise SettingsError(f"{path.name}: {error}") from error
    if not isinstance(values, dict):
        raise SettingsError(f"{path.name}: expected sections such as `server:`, found {type(values).__name__}")
    for name, value in _from_environment(os.environ if environ is None else environ):
        _put(values, name, value)
    for key, value in overrides.items():
        if value is not None:
            _put(values, key.split("__"), value)
    try:
        return Settings.model_validate(_lists_to_tuples(values))
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(error, path.name, root))) from error


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[list[str], Any]]:
    for key in sorted(environ):
        if key.startswith(ENVIRONMENT_PREFIX):
            yield key[len(ENVIRONMENT_PREFIX) :].lower().split("__"), yaml.safe_load(environ[key])


def _put(values: dict[str, Any], name: list[str], value: Any) -> None:
    for part in name[:-1]:
        inner = values.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        values = inner
    values[name[-1]] = str(value) if isinstance(value, Path) else value


def _lists_to_tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lists_to_tuples(inner) for key, inner in value.items()}
    return tuple(value) if isinstance(value, list) else value


def _explain(error: ValidationError, name: str, root: yaml.Node | None) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        path = [str(part) for part in problem["loc"]]
        line = _line(root, path)
        place = f"{name}, line {line}" if line else f"{name} or the environment"
        if problem["type"] == "extra_forbidden":
            known = ", ".join(_known(path[:-1]))
            yield f"{place}: unknown key `{'.'.join(path)}`; expected one of: {known}"
        else:
            yield f"{place}: `{'.'.join(path)}` is {problem['input']!r}: {problem['msg']}"


def _known(path: list[str]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in path:
        inner = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return sorted(model.model_fields)


def _line(node: yaml.Node | None, path: list[str]) -> int | None:
    line = None
    for part in path:
        if not isinstance(node, yaml.MappingNode):
            return line
        for key, value in node.value:
            if key.value == part:
                line, node = key.start_mark.line + 1, value
                break
        else:
            return line
    return line
