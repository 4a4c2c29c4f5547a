# SPDX-License-Identifier: Apache-2.0
"""What a scripted mail server gets, from whom, in which form, and how often."""

import json
import re
import time

from generator import Record
from mail_server import DROP, PASSWORD, USER, Identity, MailServer, Script, always, one_with
from receivers import OK, Answer, ScriptedReceiver
from rules import Rule

ADA, BOB = "ada@company.example", "bob@company.example"
# Three rungs of one window in three requests.
RULES = [Rule("requests-daily", metric="requests", window="day", budget="4",
              alert={"50%": "info", "75%": "warning", "100%": "critical"})]


def email_channel(server, to=(ADA,), login=False, ca=None, password="password"):
    keys = [f'to: {json.dumps(list(to))}', "from: tocsin@company.example", f'smtp: "{server.url()}"']
    if login:
        keys += [f"user: {USER}", f"password_file: {password}"]
    if ca:
        keys.append(f"ca_file: {ca}")
    return "{email: {" + ", ".join(keys) + "}}"


class Scene:
    """An engine whose channel is mail, and a producer of requests. Requests ring from the second on."""

    def __init__(self, context, channel, password=PASSWORD):
        self.topic = context.topic(1)
        self.ops = ScriptedReceiver()
        self.engine = context.engine(RULES, self.topic, channel, self.ops)
        file = self.engine.directory / "password"
        file.write_text(password + "\n")
        file.chmod(0o600)
        self.producer = context.producer(self.topic)
        self.requests = 0

    def __enter__(self):
        self.engine.start_ready()
        return self

    def __exit__(self, *exception):
        self.engine.__exit__(*exception)
        self.producer.__exit__(*exception)
        self.ops.stop()

    def request(self, count=1):
        for _ in range(count):
            self.requests += 1
            now = int(time.time() * 1000)
            event = {"id": f"{self.topic}-{self.requests}", "timestamp": now, "provider": "aurora",
                     "model": "small", "usage": {"input": 10, "output": 10}, "user": "user<1>"}
            self.producer.send(Record(0, now, json.dumps(event).encode()))
        self.producer.flush()
        return time.monotonic()

    def engine_is_told(self, *parts):
        told = self.ops.wait_for(
            lambda posts: [p.json["engine"]["text"] for p in posts if p.json["engine"]], 30,
            "the engine route told")
        for part in parts:
            assert any(part in text for text in told), f"{part!r} is not in {told}"


def logged(scene):
    return (scene.engine.directory / "tocsin.log").read_text(errors="replace")


def check_form(mail, to=ADA):
    """Everything a mail program relies on."""
    for line in mail.raw.split(b"\r\n"):
        assert len(line) <= 998 and b"\n" not in line and b"\r" not in line, f"a line of {line[:80]!r}"
    assert mail.raw.isascii(), "a mail holds bytes that are not ASCII"
    got = mail.parsed
    assert not got.defects, f"defects: {got.defects}"
    names = [name.lower() for name in got.keys()]
    assert sorted(names) == sorted({*names}), f"a header stands twice: {names}"
    assert {*names} == {"from", "to", "subject", "date", "message-id", "in-reply-to", "references",
                        "auto-submitted", "x-auto-response-suppress", "x-entity-ref-id",
                        "content-type", "mime-version"}, f"headers {names}"
    assert got["from"] == "Tocsin <tocsin@company.example>", got["from"]
    assert mail.sender == "tocsin@company.example" and mail.recipients == (to,)
    assert re.fullmatch(r"<[0-9a-f]{32}@company\.example>", got["message-id"]), got["message-id"]
    assert got["auto-submitted"] == "auto-generated"
    assert got.get_content_type() == "multipart/alternative"
    text, html = got.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    for part in (text, html):
        assert part["content-transfer-encoding"] == "quoted-printable"
        assert part.get_content_charset() == "utf-8" and not part.defects
    assert "Alert" in text.get_content() and "</html>" in html.get_content()
    return got


def a_mail_comes_at_once_in_both_forms(context):
    server = MailServer()
    with Scene(context, email_channel(server, [f"Ada Lovelace <{ADA}>", BOB])) as scene:
        sent = scene.request(2)
        server.wait_for(lambda s: s.to(ADA) and s.to(BOB), 30, "a mail to each recipient")
        took = server.to(ADA)[0].when - sent
        assert took < 2, f"the mail took {took:.3f} s"
        context.note.append(f"{took * 1000:.1f} ms from request to mail")
        first, second = check_form(server.to(ADA)[0]), check_form(server.to(BOB)[0], BOB)
        assert first["to"] == f"Ada Lovelace <{ADA}>, {BOB}", first["to"]
        assert first["message-id"] == second["message-id"], "two recipients, two messages"
        assert first["subject"].startswith("[info] "), first["subject"]
        scene.request(2)
        server.wait_for(lambda s: len(s.to(ADA)) > 1, 30, "the next rungs")
        scene.engine.run_for(2)
        mails = [mail.parsed for mail in server.to(ADA)]
        assert len({mail["message-id"] for mail in mails}) == len(mails)
        thread = {(mail["in-reply-to"], mail["references"]) for mail in mails}
        assert len(thread) == 1, f"rungs of one window in threads {thread}"
        assert re.fullmatch(r"<requests-daily-\d{4}-\d\d-\d\d@company\.example>", thread.pop()[0])
    server.stop()


def starttls_and_login(context):
    identity = Identity(folder(context))
    server = MailServer(tls="starttls", identity=identity, login=True)
    with Scene(context, email_channel(server, login=True, ca=identity.ca)) as scene:
        scene.request(2)
        server.wait_for(lambda s: s.to(ADA), 30, "a mail")
        check_form(server.mails[0])
        assert server.mails[0].encrypted and server.mails[0].user == USER
        assert PASSWORD not in logged(scene)
    server.stop()


def implicit_tls_and_login(context):
    identity = Identity(folder(context))
    server = MailServer(tls="implicit", identity=identity, login=True)
    with Scene(context, email_channel(server, login=True, ca=identity.ca)) as scene:
        scene.request(2)
        server.wait_for(lambda s: s.to(ADA), 30, "a mail")
        check_form(server.mails[0])
        assert server.mails[0].encrypted and server.mails[0].user == USER
    server.stop()


def an_unknown_certificate(context):
    for tls in ("starttls", "implicit"):
        server = MailServer(tls=tls, identity=Identity(folder(context)), login=True)
        with Scene(context, email_channel(server, login=True)) as scene:
            scene.request(2)
            scene.engine_is_told("cannot tell channel hook anything: it could not prove who it is",
                                 "name that as ca_file")
            assert not server.mails and not server.logins, "something was sent to a stranger"
            assert scene.engine.metric("tocsin_channel_broken") == 1
        server.stop()


def a_wrong_password(context):
    identity = Identity(folder(context))
    server = MailServer(tls="starttls", identity=identity, login=True)
    wrong = "not the password"
    with Scene(context, email_channel(server, login=True, ca=identity.ca), password=wrong) as scene:
        scene.request(2)
        scene.engine_is_told("cannot tell channel hook anything: it refused the login: 535",
                             "mend user or password")
        assert not server.mails
        scene.request(2)
        scene.engine.run_for(3)
        assert len(server.logins) == 1, f"a broken channel is tried again and again: {server.logins}"
        told = b"".join(post.body for post in scene.ops.deliveries).decode()
        assert wrong not in logged(scene) + told, "a secret is shown"
    server.stop()


def one_of_two_recipients_is_refused(context):
    server = MailServer(Script(recipient={BOB: always("550 5.1.1 <bob@company.example> is unknown to "
                                                      "postmaster@company.example")}))
    with Scene(context, email_channel(server, [ADA, BOB])) as scene:
        scene.request(2)
        scene.engine_is_told(f"could not deliver a message to channel hook ({BOB}): it answered 550 "
                             f"(5.1.1 <{BOB}> is unknown to …)")
        server.wait_for(lambda s: s.to(ADA), 30, "the mail to the other")
        scene.engine.run_for(3)
        assert len(server.to(ADA)) == 1 and len(server.refused) == 1
        status = {address: scene.engine.get("/metrics")[1].count(f'destination="{address}"')
                  for address in (ADA, BOB)}
        assert all(status.values()), f"metrics of each recipient: {status}"
        assert scene.engine.metric("tocsin_notifications_parked_total") == 1
        assert scene.engine.metric("tocsin_notifications_delivered_total") == 2  # the engine's too
        scene.engine.stop()
        scene.engine.start_ready()
        scene.engine.run_for(3)
        assert len(server.to(ADA)) == 1 and len(server.refused) == 1, "sent again after a restart"
    server.stop()


def tried_again(first):
    def test(context):
        server = MailServer(Script(mail={ADA: one_with(first)}))
        with Scene(context, email_channel(server, [ADA, BOB])) as scene:
            scene.request(2)
            mails = server.wait_for(lambda s: s.to(ADA)[1:] and s.to(ADA), 60, "a second try")
            scene.engine.run_for(3)
            assert len(server.to(ADA)) == 2 and len(server.to(BOB)) == 1
            assert mails[0].parsed["message-id"] == mails[1].parsed["message-id"]
            assert [part.get_content() for part in mails[0].parsed.iter_parts()] == [
                part.get_content() for part in mails[1].parsed.iter_parts()]
            assert scene.engine.metric("tocsin_notifications_parked_total") == 0
        server.stop()
    return test


def greylisted(context):
    server = MailServer(Script(recipient={ADA: one_with("451 4.7.1 come back later")}))
    with Scene(context, email_channel(server)) as scene:
        scene.request(2)
        server.wait_for(lambda s: s.to(ADA), 60, "the mail after the greylist")
        scene.engine.run_for(2)
        assert len(server.mails) == 1 and len(server.refused) == 1
    server.stop()


def killed_between_two_recipients(context):
    script = Script(recipient={BOB: always("451 4.3.0 not now")})
    server = MailServer(script)
    with Scene(context, email_channel(server, [ADA, BOB])) as scene:
        scene.request(2)
        server.wait_for(lambda s: s.to(ADA) and s.refused, 30, "one took it, one did not")
        scene.engine.run_for(1)
        for _ in range(3):
            scene.engine.kill9()
            scene.engine.start_ready()
            scene.engine.run_for(0.5)
        script.recipient.clear()
        server.wait_for(lambda s: s.to(BOB), 60, "the mail to the other")
        scene.engine.run_for(2)
        assert len(server.to(ADA)) == 1, f"{len(server.to(ADA))} mails to who had it"
        assert len(server.to(BOB)) == 1
        assert server.to(ADA)[0].parsed["message-id"] == server.to(BOB)[0].parsed["message-id"]
    server.stop()


def resend(context):
    taken = Answer(200, '{"id":"49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}')
    busy = Answer(429, '{"statusCode":429,"name":"rate_limit_exceeded","message":"too many"}', retry_after=1)
    answers = [busy]
    with ScriptedReceiver(lambda body: answers.pop() if answers else taken) as api:
        channel = ("{email: {to: [%s, %s], from: tocsin@company.example, resend: {api_key_file: password, "
                   'url: "%s"}}}' % (ADA, BOB, api.url()))
        with Scene(context, channel) as scene:
            scene.request(2)
            posts = api.wait_for(lambda posts: len([p for p in posts if p.answer.accepts]) == 2 and posts,
                                 60, "a post for each recipient")
            scene.engine.run_for(2)
            assert len(api.deliveries) == 3, api.describe()
            assert {post.path for post in posts} == {"/emails"}
            assert all(post.headers["authorization"] == f"Bearer {PASSWORD}" for post in posts)
            keys = {post.json["to"][0]: post.key for post in posts}
            assert len({*keys.values()}) == 2 and {*keys} == {ADA, BOB}
            body = posts[-1].json
            assert body["from"] == "Tocsin <tocsin@company.example>"
            assert body["subject"].startswith("[info] ") and body["html"] and body["text"]
            assert body["headers"]["References"].startswith("<requests-daily-")


def folder(context):
    path = context.folder / f"tls-{next(context.numbers)}"
    path.mkdir()
    return path


TESTS = [
    ("A mail comes at once, whole in both forms, in one thread a window", a_mail_comes_at_once_in_both_forms),
    ("Mail goes by STARTTLS with a login", starttls_and_login),
    ("Mail goes by TLS from the first byte on with a login", implicit_tls_and_login),
    ("A mail server that cannot prove who it is gets no password and no mail", an_unknown_certificate),
    ("A wrong password breaks the channel, and the engine route is told", a_wrong_password),
    ("Of two recipients the one refused is parked with the reason, the other gets its mail once",
     one_of_two_recipients_is_refused),
    ("A mail that the server could not take yet is sent again, the same", tried_again("451 4.3.0 disk full")),
    ("A mail without an answer, for the connection was lost, is sent again with the same id", tried_again(DROP)),
    ("A greylisted recipient gets the mail once", greylisted),
    ("Who took a mail gets no second one over kills, while another is tried", killed_between_two_recipients),
    ("Mail goes by Resend's API, one post a recipient, with a key of its own", resend),
]
