"""The official Python SDK (XenAPI.py, XML-RPC) against the simulated pool.

usage: python3 xenapi_sdk.py DIRECTORY-OF-XenAPI.py COORDINATOR MEMBER PORT PASSWORD-FILE
"""

import ssl
import sys

sys.path.insert(0, sys.argv[1])
import XenAPI  # noqa: E402  (where it lies is known only now)

coordinator, member, port, password_file = sys.argv[2:]
with open(password_file, encoding="utf-8") as file:
    password = file.read().strip()

failures = 0


def check(claim, holds, seen):
    """One line for each claim, so that a script can count them."""
    global failures
    print(("ok" if holds else "not ok") + " XenAPI.py: " + claim)
    if not holds:
        failures += 1
        print("# saw", repr(seen))


def same(claim, seen, expected):
    check(claim, seen == expected, seen)


def failure_of(call):
    try:
        call()
    except XenAPI.Failure as failure:
        return failure.details
    return None


# The hosts' certificates are their own; the product's tests check them, the SDK cannot be given one.
ssl._create_default_https_context = ssl._create_unverified_context
session = XenAPI.Session(f"https://{coordinator}:{port}")
session.login_with_password("root", password, "1.0", "vdifs pool clients")
api = session.xenapi

same("lists three hosts", len(api.host.get_all()), 3)
(web,) = api.VM.get_by_name_label("web01")
record = api.VM.get_record(web)
same("reads records", (record["power_state"], record["is_a_template"]), ("Running", False))
same("reads numbers as decimal texts", record["VCPUs_max"], "2")
same("asks with an expression", list(api.VM.get_all_records_where('field "name_label" = "db01"').values())[0]
     ["name_label"], "db01")

(disk,) = (v for v in api.VDI.get_by_name_label("web01 root") if not api.VDI.get_is_a_snapshot(v))
infos = api.VDI.get_nbd_info(disk)
same("gets a way over each host", len(infos), 3)
same("gets its own session in the export name", infos[0]["exportname"],
     "/" + api.VDI.get_uuid(disk) + "?session_id=" + session._session)

first = api.event_from(["vdi", "pool"], "", 5.0)
check("gets all current objects for an empty token", {e["operation"] for e in first["events"]} == {"add"}, first)
same("gets exact counts", int(first["valid_ref_counts"]["vdi"]), len(api.VDI.get_all()))
api.VDI.set_name_description(disk, "changed by XenAPI.py")
second = api.event_from(["vdi"], first["token"], 5.0)
same("gets one event for one change", [(e["operation"], e["ref"], e["snapshot"]["name_description"])
                                       for e in second["events"]], [("mod", disk, "changed by XenAPI.py")])
same("gets nothing when nothing happens", api.event_from(["vdi"], second["token"], 0.2)["events"], [])

same("gets errors as code and parameters", failure_of(lambda: api.VDI.get_record("OpaqueRef:none")),
     ["HANDLE_INVALID", "VDI", "OpaqueRef:none"])
same("gets the names of methods that do not exist", failure_of(lambda: api.VDI.fly(disk)),
     ["MESSAGE_METHOD_UNKNOWN", "VDI.fly"])
# XAPI does not count the session; the SDK thinks it does, and takes one off both numbers.
same("gets the number of arguments", failure_of(lambda: api.VDI.get_record()),
     ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VDI.get_record", "0", "-1"])

task = api.task.create("a copy", "of the test")
api.task.set_progress(task, 0.25)
same("reads floating-point numbers", api.task.get_progress(task), 0.25)
api.task.set_status(task, "success")
api.task.destroy(task)

other = XenAPI.Session(f"https://{member}:{port}")
same("is sent from a member to the coordinator",
     failure_of(lambda: other.login_with_password("root", password)), ["HOST_IS_SLAVE", coordinator])
session_ref = session._session
api.session.logout()
# Past the SDK's own relogin: a bare call.
same("is logged out", session.VM.get_all(session_ref),
     {"Status": "Failure", "ErrorDescription": ["SESSION_INVALID", session_ref]})
sys.exit(1 if failures else 0)
