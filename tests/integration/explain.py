# SPDX-License-Identifier: Apache-2.0
"""What `tocsin explain` says: of a running engine and of a state alone, over Kafka and over a file."""

import json
import time

from engine import poll_until, webhook
from generator import Record
from receivers import Answer, ScriptedReceiver
from rules import Rule

RULES = [Rule("production-month", where={"Environment": "production"}, window="month",
              budget="$10", alert={"50%": "warning", "100%": "critical"}),
         Rule("free-user", where={"UserTier": "free"}, group_by=("user",), window="month",
              budget="$5", alert={"80%": "warning"})]
DOLLARS = 6  # each production request costs one


def event(number, user, **properties):
    """A request of $1 (aurora/large, $10 per million of output)."""
    return {"id": f"req-{number}", "timestamp": int(time.time() * 1000), "provider": "aurora",
            "model": "large", "usage": {"output": 100_000}, "user": user, "properties": properties}


def events():
    made = [event(i, "user-1", Environment="production", UserTier="free") for i in range(DOLLARS)]
    made += [event(10 + i, "user-9", Environment="staging", UserTier="Free") for i in range(3)]
    return made + [made[0], {**event(20, "user-2"), "usage": {"output": -5}}]


class Scene:
    """An engine on a topic of two partitions with the requests above, counted."""

    def __init__(self, context, hook_script=()):
        self.topic = context.topic(2)
        self.hook, self.ops = ScriptedReceiver(hook_script), ScriptedReceiver()
        self.engine = context.engine(RULES, self.topic, webhook(self.hook), self.ops)
        with context.producer(self.topic) as producer:
            for i, each in enumerate(events()):
                # A copy goes where the first went, or which of the two comes first is not said.
                partition = 0 if each["id"] == "req-0" else i % 2
                producer.send(Record(partition, each["timestamp"], json.dumps(each).encode()))

    def __enter__(self):
        self.engine.start_ready()
        poll_until(lambda: self.engine.metric("tocsin_records_total") == len(events()), 60,
                   "all records read")
        return self

    def __exit__(self, *exception):
        self.engine.__exit__(*exception)
        self.hook.stop()
        self.ops.stop()

    def explain(self, *arguments, code=0):
        return self.engine.command("explain", *arguments, "--config", self.engine.config, code=code)

    def json(self, *arguments):
        return json.loads(self.explain(*arguments, "--json"))


def said(text, *pieces):
    """Whatever the width at which it was wrapped."""
    words = " ".join(text.split())
    for piece in pieces:
        assert " ".join(piece.split()) in words, f"{piece!r} is not in:\n{text}"


def running_engine_is_asked(context):
    with Scene(context) as scene:
        scene.hook.wait_for(lambda posts: posts, 30, "the alert's message")
        poll_until(lambda: scene.json("production-month")["told"][0]["channels"], 20,
                   "the delivery's mark")
        text = scene.explain("production-month")
        said(text, "warning since ", "$6.00 of $10.00", "60%", "next      100% at $10.00",
             "6 of ", "Environment = staging", "told      50%", "hook \N{CHECK MARK}",
             "to the picodollar", "1 duplicate dropped", "1 quarantined")
        assert "from " not in text.splitlines()[-1], "it was not the engine that answered"
        found = scene.json("production-month")
        assert found["from"] == "engine" and found["level"]["value"] == "6", found
        assert found["requests"]["matched"] == DOLLARS, found["requests"]
        status, body = scene.engine.get("/api/v1/explain?rule=production-month")
        assert status == 200 and json.loads(body)["rule"]["name"] == "production-month"
        assert scene.engine.get("/api/v1/explain?rule=no")[0] == 404
        assert scene.engine.get("/api/v1/explain?rule=free-user&group=user")[0] == 400
        said(scene.explain(), "production-month", "$6.00 of $10", "free-user", "$6.00 of $5")
        said(scene.explain("production-mnth", code=1), 'did you mean "production-month"?')


def state_is_read_without_an_engine(context):
    with Scene(context) as scene:
        before = scene.json("production-month")
        scene.engine.stop()
        text = scene.explain("production-month")
        said(text, "$6.00 of $10.00", "no engine runs", "from the state as of")
        after = scene.json("production-month")
        assert after["from"] == "state", after["from"]
        for part in ("rule", "level", "ladder", "told_before"):
            assert before[part] == after[part], f"{part}: {before[part]} and {after[part]}"


def group_that_never_rings_is_told_why(context):
    with Scene(context) as scene:
        text = scene.explain("free-user", "--group", "USER=user-9")
        said(text, "quiet", "none of this user's requests match",
             'UserTier = free  0 of 3 requests', '3 have UserTier = "Free"',
             "Did you mean  where: {UserTier: [free, Free]} ?")
        said(scene.explain("free-user", "--group", "user=User-9"),
             "there is no request with user = User-9", '3 requests have "user-9"')
        said(scene.explain("free-user"), "1 group", "user-1", "--group user=user-1")
        said(scene.explain("free-user", "--group", "team=x", code=1), "but by user")


def request_is_found_again(context):
    with Scene(context) as scene:
        text = scene.explain("--event", "req-0")
        said(text, "$1.000000000000", "aurora/large", "output", "100,000 \N{MULTIPLICATION SIGN} $10.00/M",
             "prices/aurora.yaml:", "production-month (month)", "free-user user-1 (month)", "a duplicate")
        said(scene.explain("--event", "req-10"), "counted in   no rule",
             "wants Environment = production; it has staging", "wants UserTier = free; it has Free")
        said(scene.explain("--event", "req-20"), "in quarantine: negative_count")
        scene.explain("--event", "req-99", code=1)
        found = scene.json("--event", "req-0")
        assert found["cost_usd"] == "1" and len(found["places"]) == 2, found


def broken_channel_is_told(context):
    with Scene(context, lambda body: Answer(404, "gone")) as scene:
        scene.ops.wait_for(lambda posts: posts, 30, "the engine's word about the channel")
        poll_until(lambda: scene.json("production-month")["trust"]["channels"], 20,
                   "the channel's state")
        said(scene.explain("production-month"), "parked: ", "channel hook refuses everything")


def file_is_read_like_a_topic(context):
    with Scene(context) as scene:
        scene.engine.stop()
        config = scene.engine.config.read_text()
        lines = "".join(json.dumps(each) + "\n" for each in events())
        (scene.engine.directory / "requests.jsonl").write_text(lines)
        start = config.index("sources:")
        config = config[:start] + "sources:\n  - file: requests.jsonl\n" + config[config.index("state:"):]
        scene.engine.config.write_text(config.replace("path: state", "path: state-of-file"))
        scene.engine.start_ready()
        poll_until(lambda: scene.engine.metric("tocsin_records_total") == len(events()), 30,
                   "the file read")
        said(scene.explain("production-month"), "$6.00 of $10.00", "to the picodollar",
             "Environment = staging")
        said(scene.explain("--event", "req-10"), "requests.jsonl[0] at offset 6")


TESTS = [
    ("explain asks the running engine, and shows what the requests say", running_engine_is_asked),
    ("explain reads the state when no engine runs, and says so", state_is_read_without_an_engine),
    ("explain says why a group never rings", group_that_never_rings_is_told_why),
    ("explain finds a request, its cost and its rules", request_is_found_again),
    ("explain names a broken channel and what is parked", broken_channel_is_told),
    ("explain reads a file like a topic", file_is_read_like_a_topic),
]
