"""A real Keycloak, in development mode on loopback, prepared by examples/keycloak/prepare.sh."""

import keycloak_device as device
import keycloak_docs as docs
import keycloak_features as features
import keycloak_refusals as refusals
import keycloak_serve as serve
import keycloak_steps as steps
from keycloak_bed import Bed
from keycloak_server import VERSION

TITLE = "Keycloak"
ORDER = 1


def round_one(bed, subject):
    steps.prepare(bed, subject)
    bed.choose_passwords()
    steps.first_call(bed, subject)
    steps.short_token(bed, subject)
    steps.step_up(bed, subject)
    steps.widen(bed, subject)
    steps.users(bed, subject)
    steps.refresh(bed, subject)
    steps.another_port(bed, subject)
    steps.deleted(bed, subject)
    steps.tokens(bed, subject)
    steps.dpop(bed, subject)
    steps.logout(bed, subject)
    device.device(bed, subject)
    serve.all_of_it(bed, subject)


def refuse(bed, subject):
    refusals.policies(bed, subject)
    refusals.scopes(bed, subject)
    refusals.fresh_realm(bed, subject)
    refusals.offline(bed, subject)
    steps.expired(bed, subject)


def run(report):
    with Bed() as bed:
        bed.bring_up()
        subject = report.subject("Keycloak", VERSION, "authorization server")
        docs.follow(bed, report.subject("docs/keycloak.md", VERSION, "authorization server"))
        round_one(bed, subject)
        refuse(bed, report.subject("Keycloak, refusing", VERSION, "authorization server"))
        published = features.Document(bed)
        subject = report.subject("Keycloak with cimd and resource-indicators", VERSION,
                                 "authorization server")
        steps.restart(bed, subject, *published.options())
        features.resource(bed, subject)
        features.document(bed, subject, published)
