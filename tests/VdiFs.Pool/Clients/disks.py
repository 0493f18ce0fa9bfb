"""Holds the pool's disks to libnbd's tools (over TLS, with the certificate checked) and its exports to qemu-img.

One line for each claim, so that a script can count them: "ok CLIENT: claim" or "not ok CLIENT: claim".
"""
import filecmp
import json
import os
import ssl
import subprocess
import sys
import urllib.parse
import urllib.request

HOST, HOST2, PORT, PASSWORD_FILE, WORK = sys.argv[1:6]
BOUND = 100  # seconds, against hangs
failures = 0


def check(client, claim, holds, seen):
    global failures
    print(("ok " if holds else "not ok ") + f"{client}: {claim}", flush=True)
    if not holds:
        failures += 1
        print(f"# saw {str(seen)[-500:]}", flush=True)


class Pool:
    """As little of a client as the tools need: they are what is judged by."""

    def __init__(self):
        self.context = ssl._create_unverified_context()
        with open(PASSWORD_FILE, encoding="utf-8") as file:
            self.session = self.call("session.login_with_password", "root", file.read().strip(), "1.0", "disks.py")

    def open(self, path, body=None):
        headers = {"Content-Type": "application/json"} if body else {}
        request = urllib.request.Request(f"https://{HOST}:{PORT}{path}", body, headers)
        return urllib.request.urlopen(request, timeout=BOUND, context=self.context)

    def call(self, method, *arguments):
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": arguments, "id": 1}).encode()
        with self.open("/jsonrpc", body) as reply:
            answer = json.load(reply)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def do(self, method, *arguments):
        return self.call(method, self.session, *arguments)

    def export(self, path, vdi, form, base=None):
        query = {"vdi": vdi, "format": form, "session_id": self.session}
        if base:
            query["base"] = base
        # An export has no length: its end is the connection's end.
        with self.open("/export_raw_vdi?" + urllib.parse.urlencode(query)) as reply, open(path, "wb") as file:
            zeros = bytes(1 << 20)
            while piece := reply.read(1 << 20):
                if piece == zeros:
                    file.seek(len(piece), os.SEEK_CUR)
                else:
                    file.write(piece)
            file.truncate()


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=BOUND)


def folder_of(name, certificate):
    folder = os.path.join(WORK, name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "ca-cert.pem"), "w", encoding="ascii") as file:
        file.write(certificate)
    return folder


def uri_of(info, folder):
    name = urllib.parse.quote(info["exportname"], safe="")
    return f"nbds://{info['address']}:{info['port']}/{name}?tls-certificates={folder}"


def judge_nbd(pool, vdi, record, raw):
    infos = pool.do("VDI.get_nbd_info", vdi)
    info = next(one for one in infos if one["address"] == HOST)
    folder = folder_of("right", info["cert"])
    uri = uri_of(info, folder)
    said = run("nbdinfo", "--json", uri)
    about = json.loads(said.stdout)["exports"][0] if said.returncode == 0 else {}
    size = int(record["virtual_size"])
    check("nbdinfo", "the size over TLS is the VDI's", about.get("export-size") == size, said)
    check("nbdinfo", "the export is read-only", about.get("is_read_only") is True, about)
    copy = os.path.join(WORK, "nbdcopy.raw")
    said = run("nbdcopy", uri, copy)
    check("nbdcopy", "a whole copy is equal to the raw export byte by byte",
          said.returncode == 0 and filecmp.cmp(copy, raw, shallow=False), said)
    os.remove(copy)
    other = next(one for one in infos if one["address"] == HOST2)
    said = run("nbdinfo", "--size", uri_of(info, folder_of("wrong", other["cert"])))
    check("nbdinfo", "another host's certificate is refused", said.returncode != 0, said)
    said = run("nbdinfo", "--size", uri_of(dict(info, exportname=info["exportname"] + "0"), folder))
    check("nbdinfo", "an unknown session is refused", said.returncode != 0, said)
    # Without its sanity check qemu would not even try: a host's own certificate is no authority.
    credentials = f"tls-creds-x509,id=tls0,endpoint=client,sanity-check=off,dir={folder}"
    said = run("qemu-img", "info", "--object", credentials, "--image-opts",
               f"driver=nbd,host={info['address']},port={info['port']},export={info['exportname']},tls-creds=tls0")
    check("qemu-img", "an export is refused as the real one's is",
          "Denied by server for option 3 (list)" in said.stderr, said)


def judge_image(name, path, form, raw):
    # qemu takes the size of a VHD by an unknown creator from its geometry, unless told otherwise.
    driver = {"vhd": "driver=vpc,force_size_calc=current_size", "qcow2": "driver=qcow2"}[form]
    options = f"{driver},file.driver=file,file.filename={path}"
    other = f"driver=raw,file.driver=file,file.filename={raw}"
    said = run("qemu-img", "compare", "--image-opts", options, other)
    check("qemu-img", f"{name} has the bytes of the raw export", said.returncode == 0, said)
    if form == "qcow2":
        said = run("qemu-img", "check", "--image-opts", options)
        check("qemu-img", f"{name} is sound", said.returncode == 0 and "No errors" in said.stdout, said)


def judge_exports(pool, label, vdi, raw):
    for form in ("vhd", "qcow2"):
        path = os.path.join(WORK, f"export.{form}")
        pool.export(path, vdi, form)
        judge_image(f"the {form} export of {label}", path, form, raw)
        os.remove(path)


def judge_difference(pool):
    """A qcow2 disk since its snapshot: the difference on top of the older is the younger."""
    vdi = vdi_of(pool, "db01 archive")
    record = pool.do("VDI.get_record", vdi)
    older = record["snapshots"][0]
    paths = [os.path.join(WORK, name) for name in ("older.qcow2", "delta.qcow2", "younger.qcow2")]
    pool.export(paths[0], older, "qcow2")
    pool.export(paths[1], vdi, "qcow2", base=older)
    pool.export(paths[2], vdi, "qcow2")
    said = run("qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b", paths[0], paths[1])
    check("qemu-img", "a difference takes its base", said.returncode == 0, said)
    said = run("qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", paths[0], paths[2])
    check("qemu-img", "a snapshot and its disk differ", said.returncode == 1, said)
    said = run("qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", paths[1], paths[2])
    check("qemu-img", "a difference of 3 TiB on its base is the whole", said.returncode == 0, said)
    for path in paths:
        os.remove(path)


def vdi_of(pool, label):
    records = pool.do("VDI.get_all_records")
    return next(ref for ref, record in records.items()
                if record["name_label"] == label and not record["is_a_snapshot"] and record["managed"])


def main():
    pool = Pool()
    try:
        vdi = vdi_of(pool, "golden root")
        record = pool.do("VDI.get_record", vdi)
        raw = os.path.join(WORK, "export.raw")
        pool.export(raw, vdi, "raw")
        judge_nbd(pool, vdi, record, raw)
        judge_exports(pool, "a VHD disk", vdi, raw)
        unmapped = vdi_of(pool, "raw volume")
        pool.export(raw, unmapped, "raw")
        judge_exports(pool, "a raw volume", unmapped, raw)
        judge_difference(pool)
        check("pool", "no VBD of dom0 is left after all of it",
              not any(vbd["device"].startswith("sm/") for vbd in pool.do("VBD.get_all_records").values()), "VBDs")
    finally:
        pool.do("session.logout")


main()
sys.exit(1 if failures else 0)
