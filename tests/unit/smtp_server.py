"""A real SMTP server for tests (aiosmtpd), and a reader of messages.

    smtp_server.py FOLDER     serves on a free port of 127.0.0.1, prints it, and writes each message it takes to
                              FOLDER/N.json; ends with its standard input
    smtp_server.py --read     reads one message from standard input, prints it as JSON

What it does depends on the recipient's name: refused@ is answered 550, later@ 451 after the content, hang@ never."""
import asyncio
import email
import email.policy
import hashlib
import json
import os
import sys


def describe(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    told = {
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": message.get_body(("plain",)).get_content().replace("\r\n", "\n"),
        "attachments": [],
        "defects": [str(defect) for part in message.walk() for defect in part.defects],
        "longest_line": max(len(line) for line in raw.split(b"\r\n")),
        "bare_newlines": raw.replace(b"\r\n", b"").count(b"\n") + raw.replace(b"\r\n", b"").count(b"\r"),
        "ascii": raw.isascii(),
    }
    for part in message.iter_attachments():
        content = part.get_content()
        told["attachments"].append({
            "name": part.get_filename(),
            "type": part.get_content_type(),
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        })
    return told


class Handler:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 5.1.1 no such mailbox: " + address
        if address.startswith("hang@"):
            await asyncio.sleep(60)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("later@"):
            return "451 4.3.0 come back later"
        told = describe(envelope.original_content)
        told.update(envelope_from=envelope.mail_from, envelope_to=envelope.rcpt_tos,
                    user=session.auth_data.decode() if session.auth_data else None)
        with open(os.path.join(self.folder, f"{self.count}.json"), "w", encoding="utf-8") as file:
            json.dump(told, file)
        self.count += 1
        return "250 OK"


def check_password(server, session, envelope, mechanism, auth_data):
    from aiosmtpd.smtp import AuthResult
    good = auth_data.login == b"talap" and auth_data.password == b"right"
    return AuthResult(success=good, handled=good, auth_data=auth_data.login)


async def serve(folder):
    from aiosmtpd.smtp import SMTP
    loop = asyncio.get_running_loop()
    handler = Handler(folder)
    server = await loop.create_server(
        lambda: SMTP(handler, authenticator=check_password, auth_require_tls=False), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "--read":
        json.dump(describe(sys.stdin.buffer.read()), sys.stdout)
    else:
        asyncio.run(serve(sys.argv[1]))
