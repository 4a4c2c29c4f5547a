# SPDX-License-Identifier: Apache-2.0
"""A mail server that does as a script says and remembers every mail, and what it proves itself with."""

import email
import email.policy
import logging
import ssl
import subprocess
import threading
import time
import warnings
from dataclasses import dataclass, field

try:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult
except ImportError:  # told by the tests
    Controller = AuthResult = None

from engine import free_port

# Of a client that hangs up because it does not trust us it makes a traceback; `errors` has the rest.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")

TAKEN = "250 2.0.0 Ok"
DROP = "drop"  # close the connection without a word
USER, PASSWORD = "tocsin", "hush hush, nobody is to see this"


@dataclass(frozen=True)
class Mail:
    when: float  # time.monotonic()
    sender: str
    recipients: tuple
    raw: bytes
    encrypted: bool
    user: str | None  # who logged in
    answer: str

    @property
    def parsed(self):
        return email.message_from_bytes(self.raw, policy=email.policy.default)


def one_with(first, then=None):
    """Says `first` to the first and `then` (None: the usual) to all others."""
    said = []

    def answer(_):
        said.append(None)
        return first if len(said) == 1 else then
    return answer


def always(reply):
    return lambda _: reply


@dataclass
class Script:
    """Replies by recipient: at RCPT, and to the end of a mail. None: the usual."""
    recipient: dict = field(default_factory=dict)
    mail: dict = field(default_factory=dict)


class Handler:
    def __init__(self, server):
        self.server = server

    async def handle_RCPT(self, smtp, session, envelope, address, options):
        say = self.server.script.recipient.get(address)
        reply = say(address) if say else None
        if reply:
            self.server.refused.append((address, reply))
            return reply
        envelope.rcpt_tos.append(address)
        return TAKEN

    async def handle_exception(self, error):
        self.server.errors.append(repr(error))
        return "451 the script failed"

    async def handle_DATA(self, smtp, session, envelope):
        say = self.server.script.mail.get(envelope.rcpt_tos[0])
        reply = (say(envelope) if say else None) or TAKEN
        encrypted = smtp.transport.get_extra_info("ssl_object") is not None
        user = session.auth_data.login.decode() if session.authenticated else None
        self.server.take(Mail(time.monotonic(), envelope.mail_from, tuple(envelope.rcpt_tos),
                              envelope.original_content, encrypted, user, reply))
        if reply == DROP:
            smtp.transport.abort()
        return reply


class MailServer:
    """`tls`: None, "starttls" (required) or "implicit", with `identity`. `login`: AUTH is required."""

    def __init__(self, script=None, tls=None, identity=None, login=False):
        assert Controller, "python3-aiosmtpd is missing; ./dev test installs it for Debian's python3"
        self.script = script or Script()
        self.mails, self.refused, self.logins, self.errors = [], [], [], []
        self.changed = threading.Condition()
        self.tls = tls
        settings = {}
        if tls == "starttls":
            settings |= {"tls_context": identity.context(), "require_starttls": True}
        if tls == "implicit":
            settings |= {"ssl_context": identity.context()}
        if login:
            settings |= {"authenticator": self.check_login, "auth_required": True,
                         # of implicit TLS it knows nothing
                         "auth_require_tls": tls == "starttls"}
        self.port = free_port()
        self.controller = Controller(Handler(self), hostname="127.0.0.1", port=self.port, **settings)
        self.controller.start()

    def check_login(self, smtp, session, envelope, mechanism, data):
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        self.logins.append((mechanism, right))
        return AuthResult(success=right, handled=False, auth_data=data)

    def url(self):
        return f"{'smtps' if self.tls == 'implicit' else 'smtp'}://127.0.0.1:{self.port}"

    def stop(self):
        self.controller.stop()

    def take(self, mail):
        with self.changed:
            self.mails.append(mail)
            self.changed.notify_all()

    def to(self, address):
        """Mails to the address, taken or not."""
        return [mail for mail in self.mails if mail.recipients == (address,)]

    def wait_for(self, condition, seconds, what):
        with self.changed:
            if not self.changed.wait_for(lambda: condition(self), timeout=seconds):
                lines = [f"\n    to {mail.recipients}: {mail.answer}" for mail in self.mails[-5:]]
                raise AssertionError(f"{what}: not within {seconds} s; {len(self.mails)} mails, "
                                     f"refused {self.refused[-5:]}{''.join(lines)} {self.errors[-5:]}")
            return condition(self)


class Identity:
    """A CA of its own and a server's certificate for 127.0.0.1, made in `folder`."""

    def __init__(self, folder):
        self.ca, self.key, self.certificate = folder / "ca.pem", folder / "key.pem", folder / "server.pem"
        ca_key, request, names = folder / "ca-key.pem", folder / "request.pem", folder / "names"
        names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", ca_key, "-out", self.ca,
                     "-days", "2", "-subj", "/CN=a CA of tests")
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", self.key, "-out", request,
                     "-subj", "/CN=mail.test")
        self.openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", ca_key, "-CAcreateserial",
                     "-out", self.certificate, "-days", "2", "-extfile", names)

    @staticmethod
    def openssl(*arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, timeout=60)
        assert done.returncode == 0, f"openssl {arguments[0]}: {done.stderr.decode()}"

    def context(self):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context
