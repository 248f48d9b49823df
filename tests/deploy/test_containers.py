"""The image and docker-compose.yml go with the code: what a service needs it is told, what is imported is in the image."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from catalog.settings import CatalogSettings
from enrollment.settings import EnrollmentSettings
from gateway import assets
from gateway.pages.addresses import path
from gateway.settings import GatewaySettings, IdentityProvider, is_private_line
from notifications.settings import NotificationsSettings
from shared.settings import Settings
from shared.translations import LANGUAGES
from shared.web import server
from tests import ROOT

SETTINGS: Mapping[str, type[Settings]] = {
    "gateway": GatewaySettings,
    "catalog": CatalogSettings,
    "enrollment": EnrollmentSettings,
    "notifications": NotificationsSettings,
    "migrate": Settings,
}
OURS = tuple(SETTINGS)
RUNNING = tuple(name for name in OURS if name != "migrate")
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IN_THE_IMAGE = set(re.findall(r"\b(SKILLSLAB_\w+)=", DOCKERFILE))
MANUAL = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")


def variable(field: str) -> str:
    return f"SKILLSLAB_{field.upper()}"


def told(service: str) -> set[str]:
    """The variables that this service's container is given."""
    return IN_THE_IMAGE | set(SERVICES[service]["environment"])


@pytest.mark.parametrize("service", OURS)
def test_a_service_is_told_everything_that_has_no_default(service: str) -> None:
    needed = {variable(name) for name, field in SETTINGS[service].model_fields.items() if field.is_required()}

    assert needed <= told(service)


@pytest.mark.parametrize("service", OURS)
def test_nothing_is_told_that_no_service_knows(service: str) -> None:
    known = {variable(name) for settings in SETTINGS.values() for name in settings.model_fields}

    assert told(service) <= known


@pytest.mark.parametrize("secret", ["SKILLSLAB_GATEWAY_KEY", "SKILLSLAB_OIDC_PROVIDERS"])
def test_what_only_the_gateway_may_know_is_told_to_nobody_else(secret: str) -> None:
    assert [service for service in OURS if secret in told(service)] == ["gateway"]


def test_whoever_links_to_the_platform_is_told_the_same_address() -> None:
    linking = ("gateway", "notifications", "keycloak")
    addresses = {SERVICES[service]["environment"]["SKILLSLAB_PUBLIC_URL"] for service in linking}

    assert len(addresses) == 1


@pytest.mark.parametrize("service", OURS)
def test_our_containers_can_do_nothing_to_their_host_or_their_own_files(service: str) -> None:
    container = SERVICES[service]

    assert container["read_only"]
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "migrate"])
def test_what_runs_on_tells_its_health_and_is_started_again(service: str) -> None:
    assert SERVICES[service]["healthcheck"].get("disable") is not True
    assert SERVICES[service]["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", RUNNING)
def test_a_service_has_the_time_it_takes_to_stop_in_order(service: str) -> None:
    assert int(SERVICES[service]["stop_grace_period"].removesuffix("s")) > server.STOP_SECONDS


def test_every_port_is_open_to_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_image_has_every_package_of_ours() -> None:
    packages = {file.parent.name for file in ROOT.glob("*/__init__.py")} - {"tests"}
    let_through = set(re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))

    assert packages == {name for name, to in re.findall(r"^COPY (\w+) (\w+)$", DOCKERFILE, re.MULTILINE) if name == to}
    assert packages == let_through


def test_the_image_has_every_file_that_the_pages_take_from_packages() -> None:
    taken = re.findall(r"^ +([\w@./-]+)(?: \\)?$", DOCKERFILE.partition("cp --parents")[2].partition("\n\n")[0], re.MULTILINE)
    wanted = {*assets.TAKEN.values(), "@tabler/icons/icons/outline/", "@svg-maps/netherlands/netherlands.svg"}

    assert {path for path in wanted if not any(f"{path}/".startswith(f"{part}/") for part in taken)} == set()


def test_each_package_whose_files_are_taken_brings_its_licence() -> None:
    listed = DOCKERFILE.partition("cp --parents")[2].partition("\n\n")[0]
    packages = set(re.findall(r"^ +((?:@[\w-]+/)?[\w.-]+)/", listed, re.MULTILINE))
    licences = set(re.findall(r"^ +((?:@[\w-]+/)?[\w.-]+)/LICENSE", listed, re.MULTILINE))

    assert packages == licences != set()


def test_the_manual_names_every_variable_that_can_be_set() -> None:
    variables = set(re.findall(r"\$\{(\w+)", TEXT))

    assert {name for name in variables if name not in MANUAL} == set()


def test_the_manual_makes_every_key_that_has_to_be_there() -> None:
    made = re.search(r"^for key in ([\w ]+); do$", MANUAL, re.MULTILINE)
    assert made

    assert set(made.group(1).split()) == set(re.findall(r"\$\{(\w+):\?", TEXT))


# The identity provider to try out with


KEYCLOAK = SERVICES["keycloak"]
REALM = json.loads((ROOT / "deploy/keycloak/skillslab.json").read_text(encoding="utf-8"))


def example() -> IdentityProvider:
    """The provider that the manual writes into `.env` for it."""
    line = re.search(r"^echo (.*\"SKILLSLAB_OIDC_PROVIDERS=.*) >>\.env$", MANUAL, re.MULTILINE)
    assert line
    [text] = shlex.split(line[1].replace("$KEYCLOAK_CLIENT_SECRET", "made by the manual"))
    [told] = json.loads(text.partition("=")[2].strip("'"))
    return IdentityProvider.model_validate(told)


def test_the_realm_knows_the_client_that_the_manual_configures() -> None:
    [client] = REALM["clients"]
    provider = example()

    assert client["clientId"] == provider.client_id
    assert provider.client_secret.get_secret_value() == "made by the manual"
    assert client["redirectUris"] == [
        "${SKILLSLAB_PUBLIC_URL}" + path("provider-back", language, {"provider": provider.id}) for language in LANGUAGES
    ]


def test_browsers_and_the_gateway_find_the_provider_by_the_name_in_its_tokens() -> None:
    issuer = example().issuer
    host = issuer.removeprefix("http://").partition(":")[0]

    served = KEYCLOAK["environment"]["KC_HOSTNAME"].replace("${KEYCLOAK_PORT:-8180}", "8180")
    assert issuer == f"{served}/realms/{REALM['realm']}"
    assert host in KEYCLOAK["networks"]["default"]["aliases"]
    assert is_private_line(issuer, demo=True)


def test_the_realm_holds_no_secret_and_is_told_the_ones_it_names() -> None:
    [client] = REALM["clients"]
    named = set(re.findall(r"\$\{(\w+)\}", json.dumps(REALM)))

    assert client["secret"] == "${KEYCLOAK_CLIENT_SECRET}"
    assert "users" not in REALM
    assert named <= KEYCLOAK["environment"].keys()


def test_the_provider_starts_only_where_it_is_asked_for_and_has_its_keys() -> None:
    assert KEYCLOAK["profiles"] == ["keycloak"]
    assert [name for name in SERVICES if "keycloak" in SERVICES[name].get("depends_on", {})] == []
    for secret in ("KC_BOOTSTRAP_ADMIN_PASSWORD", "KEYCLOAK_CLIENT_SECRET"):
        assert KEYCLOAK["environment"][secret].endswith(":-}")
        assert f'[ "$${secret}" ]' in KEYCLOAK["command"][0]
