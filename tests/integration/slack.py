# SPDX-License-Identifier: Apache-2.0
"""What a scripted Slack gets, and when."""

import json
import time

from engine import slack
from generator import Record
from receivers import CLOSE, OK, Answer, ScriptedReceiver, rate_limited
from rules import Rule

# Each user's first request rings: a message whenever a test wants one.
RULES = [Rule("first-request", metric="requests", group_by=("user",), window="day",
              threshold={"1": "warning"})]
QUICK = 2.0  # seconds; a busy machine's share included, the bench says what is usual


class Scene:
    """An engine whose channel is a scripted Slack, and a producer of rings."""

    def __init__(self, context, script):
        self.topic = context.topic(1)
        self.slack, self.ops = ScriptedReceiver(script), ScriptedReceiver()
        self.engine = context.engine(RULES, self.topic, slack(self.slack), self.ops)
        self.producer = context.producer(self.topic)
        self.users = 0

    def __enter__(self):
        self.engine.start_ready()
        return self

    def __exit__(self, *exception):
        self.engine.__exit__(*exception)
        self.producer.__exit__(*exception)
        self.slack.stop()
        self.ops.stop()

    def ring(self):
        """One request of a new user; returns when it was sent."""
        self.users += 1
        now = int(time.time() * 1000)
        event = {"id": f"{self.topic}-{self.users}", "timestamp": now, "provider": "aurora",
                 "model": "small", "usage": {"input": 10, "output": 10}, "user": f"user<{self.users}>"}
        self.producer.send(Record(0, now, json.dumps(event).encode()))
        self.producer.flush()
        return time.monotonic()

    def wait_for_posts(self, count, seconds, what):
        return self.slack.wait_for(lambda posts: posts[count - 1:] and posts, seconds, what)


def message_comes_at_once(context):
    with Scene(context, []) as scene:
        scene.ring()
        scene.wait_for_posts(1, 30, "the first message")
        scene.engine.run_for(1.5)  # past the rule's interval of one second
        sent = scene.ring()
        post = scene.wait_for_posts(2, 10, "the second message")[1]
        took = post.when - sent
        assert took < QUICK, f"the message took {took:.3f} s"
        body = post.json
        assert body["text"] and body["blocks"], "a Slack message has text and blocks"
        assert "user<2>" not in body["text"], f"a user's name is not escaped: {body['text']}"
        context.note.append(f"{took * 1000:.1f} ms from request to message")


def failures_are_tried_again(context):
    script = [Answer(500, "server_error"), CLOSE, Answer(503, ""), OK]
    with Scene(context, script) as scene:
        scene.ring()
        posts = scene.wait_for_posts(len(script), 60, "tries after failures")
        assert len({post.body for post in posts}) == 1, "a try differs from the first"
        scene.engine.run_for(2)
        assert len(scene.slack.deliveries) == len(script), "it was sent again after `ok`"


def rate_limit_is_honoured(context):
    with Scene(context, [rate_limited(3)]) as scene:
        scene.ring()
        first = scene.wait_for_posts(1, 30, "the first post")[0]
        scene.ring()
        second = scene.wait_for_posts(2, 30, "the post after the pause")[1]
        pause = second.when - first.when
        assert pause >= 3, f"Retry-After was 3 s, the next post came after {pause:.2f} s"
        context.note.append(f"{pause:.1f} s after a Retry-After of 3 s")


def parked_after(answer):
    def is_parked(context):
        with Scene(context, lambda body: answer) as scene:
            scene.ring()
            scene.wait_for_posts(1, 30, "the post")
            told = scene.ops.wait_for(lambda posts: [p for p in posts if p.json["engine"]], 30,
                                      "the engine route told of the broken channel")
            assert "hook" in told[0].body.decode(), "the message does not name the channel"
            scene.ring()
            scene.engine.run_for(3)
            assert len(scene.slack.deliveries) == 1, "a broken channel is posted to again and again"

    return is_parked


def a_hanging_slack_delays_nobody_else(context):
    with Scene(context, [Answer(hang=True)]) as scene:
        scene.ring()
        scene.wait_for_posts(1, 30, "the post that hangs")
        assert scene.engine.is_ready(), "a hanging Slack makes the engine unready"
        scene.ring()
        posts = scene.wait_for_posts(2, 60, "a post after the one that hung")
        assert posts[1].when - posts[0].when < 45, "the hanging post was waited for too long"


TESTS = [
    ("A Slack message comes at once and is escaped", message_comes_at_once),
    ("Slack's failures are tried again until it says ok", failures_are_tried_again),
    ("Slack's Retry-After is waited for", rate_limit_is_honoured),
    ("A message to a Slack channel that is gone is parked and the engine route is told",
     parked_after(Answer(404, "no_service"))),
    ("A 200 that does not say ok is no Slack: the message is parked and the engine route is told",
     parked_after(Answer(200, "<html>sign in</html>"))),
    ("A Slack that hangs holds up nothing else", a_hanging_slack_delays_nobody_else),
]
