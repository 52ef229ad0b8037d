"""What a generator can't guess: who signs in, and which ids there are.

A request that the document allows is filled with real ids, tokens and cursors of the demo studio where a random one
would only ever be not found. One that breaks the document on purpose stays as it is where it breaks it. What would end
the session that all requests share, ends one made for it.
"""

import email
import json
import os
import re
import time
from collections import Counter, defaultdict
from itertools import count, cycle
from pathlib import Path
from uuid import UUID

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation

SERVER = os.environ["API_URL"]
ACCOUNT = json.loads(os.environ["API_ACCOUNT"])
MAILS = Path(os.environ["API_MAILS"])
TALLY = os.environ["API_TALLY"]


def sign_in(email):
    device = {"name": "schemathesis", "os": "none", "app_version": "1"}
    body = {"email": email, "password": ACCOUNT["password"], "device": device}
    answer = requests.post(f"{SERVER}/v1/auth/sign-in", json=body, timeout=20)
    answer.raise_for_status()
    return answer.json()


def rows_of_the_studio(token):
    """Ids by kind of row, every cursor, and the studio's own fields, as the change feed tells them."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{SERVER}/v1/sync/changes", headers=headers, timeout=20)
    answer.raise_for_status()
    ids, cursors, fields = defaultdict(list), [], []
    for line in map(json.loads, answer.text.splitlines()):
        if "change" in line:
            ((kind, row),) = line["change"]["upsert"].items()
            ids[kind].append(row["id"])
            if kind == "custom_field":
                fields.append(row)
        elif "page" in line:
            cursors.append(line["page"])
        elif "end" in line:
            cursors.append(line["end"])
    return ids, cursors, fields


# What is refused for other reasons than its form has to be seen too: a random cursor, a role that may not.
OFTEN = cycle([True, True, True, False])

SESSION = sign_in(ACCOUNT["email"])
SALES = sign_in("vik@lumen.example")
OWNER = sign_in("imogen@lumen.example")
IDS, CURSORS, FIELDS = rows_of_the_studio(SESSION["access_token"])
# A field keeps its kind and its options for good: of each kind one that the requests share.
FIELD_OF = {field["kind"]: field for field in FIELDS}
# A deleted lead takes its conversations along: those that are deleted are not those that others use.
DELETED = iter(IDS["lead"][len(IDS["lead"]) // 2 :])
LEADS = cycle(IDS["lead"][: len(IDS["lead"]) // 2])
STAGES, MEMBERS, CURSOR = cycle(IDS["stage"]), cycle(IDS["member"]), cycle(CURSORS)
NUMBERS = count(1)
CONVERSATIONS = cycle(IDS["conversation"][:20])


def as_owner(method, path, **body):
    headers = {"Authorization": f"Bearer {OWNER['access_token']}"}
    answer = requests.request(method, f"{SERVER}{path}", headers=headers, timeout=20, **body)
    answer.raise_for_status()
    return answer


def make_room():
    """Withdraws invitations before there are too many."""
    open_ones = [one["id"] for one in as_owner("GET", "/v1/invitations").json()["invitations"] if one["id"] not in EARLY]
    if len(open_ones) >= 20:
        for id in open_ones:
            as_owner("DELETE", f"/v1/invitations/{id}")


def invite():
    """An invitation to somebody nobody knows yet, and the end of the link that was mailed."""
    make_room()
    address = f"invited-{next(NUMBERS)}@mail.example"
    invitation = as_owner("POST", "/v1/invitations", json={"email": address, "role": "sales"}).json()
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        for file in MAILS.iterdir():
            mail = email.message_from_bytes(file.read_bytes())
            if mail["To"] != address:
                continue
            texts = [part.get_payload(decode=True).decode() for part in mail.walk() if part.get_content_type() == "text/plain"]
            if found := re.search(r"/join/(\S+)", "".join(texts)):
                return invitation["id"], found.group(1)
        time.sleep(0.02)
    raise AssertionError("an invitation was not mailed")


def join():
    """A new member's id."""
    _, link = invite()
    form = {"full_name": "Nobody", "password": "a long password"}
    requests.post(f"{SERVER}/join/{link}", data=form, timeout=20).raise_for_status()
    members = as_owner("GET", "/v1/members").json()["members"]
    return max(member["id"] for member in members)


# Sent once; each can be sent again after a minute, and not before. The last is next.
EARLY = []
EARLY.extend([invite()[0] for _ in range(8)])
RENEWABLE_FROM = time.monotonic() + 61


def renewable():
    """An invitation that can be sent again; when there is none left, one that can't yet."""
    if not EARLY:
        return invite()[0]
    time.sleep(max(0, RENEWABLE_FROM - time.monotonic()))
    return EARLY[-1]


@schemathesis.auth(refresh_interval=None)
class Member:
    def get(self, case, context):
        operation = case.operation.definition.raw["operationId"]
        if operation.startswith(("members_", "invitations_")):
            return (OWNER if next(OFTEN) else SESSION)["access_token"]
        is_for_few = operation in ("leads_delete", "custom_fields_put")
        return (SALES if is_for_few and not next(OFTEN) else SESSION)["access_token"]

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def before_call(context, case, kwargs):
    fill_path(case)
    if case.operation.definition.raw["operationId"] == "custom_fields_put" and is_positive(case):
        fill_field(case)
    if "cursor" in (case.query or {}) and not negative(case, ParameterLocation.QUERY) and next(OFTEN):
        case.query["cursor"] = next(CURSOR)
    if isinstance(case.body, dict) and not negative(case, ParameterLocation.BODY):
        fill_body(case)


def negative(case, location):
    return case.meta is not None and case.meta.is_negative_at(location)


def is_positive(case):
    return not negative(case, ParameterLocation.PATH) and not negative(case, ParameterLocation.BODY)


def fill_field(case):
    """A form that may stand in the place of what the field was, and beside the studio's others."""
    field, form = FIELD_OF[case.body["kind"]], case.body
    case.path_parameters["field_id"] = field["id"]
    form["name"] = f"Field {next(NUMBERS)}"
    form["position"] = int(form["position"])
    drawn = cycle(form["options"] or [{"is_retired": False}])
    form["options"] = [
        {"id": option["id"], "name": f"Option {next(NUMBERS)}", "is_retired": next(drawn)["is_retired"]}
        for option in field["options"]
    ]


def fill_values(values, sides=()):
    """Values by random ids become values of the studio's fields; `sides` says where an edit has them."""
    drawn = list(values.values())
    values.clear()
    for value in drawn:
        places = [value[side] for side in sides] if sides else [value]
        kinds = {kind for place in places if place for kind in place}
        # Both sides of an edit are of one field, and so of one kind.
        if len(kinds) > 1:
            continue
        (kind,) = kinds or {"text"}
        for place in filter(None, places):
            if kind == "choice":
                place["choice"] = FIELD_OF["choice"]["options"][0]["id"]
            elif kind == "number":
                place["number"] = int(place["number"])
        values[FIELD_OF[kind]["id"]] = value


def fill_path(case):
    operation = case.operation.definition.raw["operationId"]
    ids = case.path_parameters
    if negative(case, ParameterLocation.PATH):
        return
    if operation == "leads_delete":
        # When there is none left, a lead that is gone is what is asked to be deleted.
        ids["lead_id"] = next(DELETED, ids["lead_id"])
    elif "lead_id" in ids:
        ids["lead_id"] = next(LEADS)
    if "conversation_id" in ids:
        ids["conversation_id"] = next(CONVERSATIONS)
    if "device_id" in ids:
        ids["device_id"] = sign_in(ACCOUNT["email"])["device_id"]
    if operation == "invitations_send":
        ids["invitation_id"] = renewable()
    elif "invitation_id" in ids and next(OFTEN):
        ids["invitation_id"], _ = invite()
    if operation in ("members_remove", "members_change_role"):
        ids["member_id"] = join()
    if operation in ("invitations_show_page", "invitations_accept_page") and next(OFTEN):
        _, ids["token"] = invite()


def fill_body(case):
    operation = case.operation.definition.raw["operationId"]
    body = case.body
    if operation == "auth_sign_in":
        body.update(email=ACCOUNT["email"], password=ACCOUNT["password"])
        if body.get("studio_id"):
            body["studio_id"] = SESSION["studio"]["id"]
    elif operation in ("auth_refresh", "auth_sign_out"):
        body["refresh_token"] = sign_in(ACCOUNT["email"])["refresh_token"]
    elif operation == "leads_change":
        for field, ids in (("stage_id", STAGES), ("owner_id", MEMBERS)):
            if body.get(field):
                body[field] = next(ids)
        fill_values(body.get("custom") or {})
    elif operation == "conversations_record_message":
        body["id"] = new_id()
    elif operation == "audit_append":
        for entry in body["entries"]:
            entry["id"] = new_id()
            # 1e15 and more with a fraction of zero: refused, as one that may have been another number before it was read.
            entry.update({field: int(entry[field]) for field in ("at", "row_count") if isinstance(entry[field], float)})
    elif operation == "sync_push":
        if next(OFTEN):
            body.pop("epoch", None)
        for act in body["operations"]:
            act.update(id=new_id(), at=int(act["at"]))
            ((kind, done),) = act["act"].items()
            fill_act(kind, done)
    elif operation == "presence_put" and body.get("lead_id") and next(OFTEN):
        body["lead_id"] = next(LEADS)
    elif operation == "invitations_invite":
        make_room()
        body["email"] = f"invited-{next(NUMBERS)}@mail.example"
    elif operation == "invitations_accept_page":
        body.update(full_name="Nobody", password="a long password")


def fill_act(kind, done):
    if kind == "edit_lead":
        done["lead_id"] = next(LEADS)
        value = done["edit"].get("value_minor") or {}
        value.update({side: int(amount) for side, amount in value.items() if isinstance(amount, float)})
        fill_values(done["edit"].get("custom") or {}, ("from", "to"))
    elif kind == "create_lead":
        done["lead_id"] = new_id()
        done["lead"].update(stage_id=next(STAGES), owner_id=next(MEMBERS))
        if isinstance(done["lead"].get("value_minor"), float):
            done["lead"]["value_minor"] = int(done["lead"]["value_minor"])
        fill_values(done["lead"].get("custom") or {})
    elif kind == "merge_leads":
        done.update(lead_id=next(LEADS), duplicate_id=next(LEADS))
    elif kind == "reply":
        done.update(message_id=new_id(), conversation_id=next(CONVERSATIONS))


def new_id():
    """One that no other request has: the same id with other content is refused, and generators love the same id."""
    return str(UUID(int=next(NUMBERS)))


@schemathesis.deserializer("application/x-ndjson")
def lines(context, response):
    return [json.loads(line) for line in response.content.splitlines()]


ANSWERS = defaultdict(Counter)


@schemathesis.hook
def after_call(context, case, response):
    operation = case.operation.definition.raw["operationId"]
    ANSWERS[operation][response.status_code] += 1
    if operation == "invitations_send" and response.status_code == 200:
        EARLY.remove(case.path_parameters["invitation_id"])
    with open(TALLY, "w") as out:
        json.dump(ANSWERS, out)
