# SPDX-License-Identifier: Apache-2.0
"""Prices that change after requests were counted: totals are put right from Kafka, exactly, also
when the process is killed meanwhile."""

import json
import random
import time
from decimal import Decimal

from engine import poll_until, webhook
from generator import Record
from receivers import ScriptedReceiver
from rules import Rule

RULES = [Rule("total-day", budget="$100", alert={"50%": "info", "100%": "critical"}),
         Rule("user-day", group_by=("user",), budget="$1000", alert={"100%": "info"})]
OLD = {"old-model": "2"}
RELOADED = "reloaded (a file changed)"
BEGUN_ANEW = "a re-pricing that was under way when the process before ended begins anew"


def prices(engine, models):
    """As editors save: beside, then in its place."""
    text = "version: 1\nprovider: acme\nmodels:\n" + "".join(
        f"  - model: {model}\n    prices:\n      - per_mtok: {{input: {rate}}}\n"
        for model, rate in models.items())
    beside = engine.directory / "prices" / "acme.new"
    beside.write_text(text)
    beside.rename(engine.directory / "prices" / "acme.yaml")


def requests(dice, count, now):
    for i in range(count):
        event = {"id": f"r{i}", "timestamp": now - (count - i) * 2, "provider": "acme",
                 "model": dice.choice(("old-model", "new-model")), "user": f"u{i % 50}",
                 "usage": {"input": dice.randrange(1, 10_000)}}
        yield Record(i % 4, event["timestamp"], json.dumps(event).encode())
        if i % 10 == 0:  # a copy, in another partition
            yield Record((i + 1) % 4, event["timestamp"], json.dumps(event).encode())


def total_of(records, rates):
    """In dollars, and by user."""
    users, seen = {}, set()
    for record in records:
        event = json.loads(record.value)
        if event["id"] not in seen:
            seen.add(event["id"])
            cost = Decimal(rates.get(event["model"], 0)) * event["usage"]["input"] / 1_000_000
            users[event["user"]] = users.get(event["user"], 0) + cost
    return sum(users.values()), users


def counted(engine):
    rows = engine.list("budgets")
    return (sum(Decimal(row["total"]) for row in rows if row["rule"] == "total-day"),
            {row["group"]["user"]: Decimal(row["total"]) for row in rows
             if row["rule"] == "user-day"})


def wait_for(engine, wanted, what):
    try:
        poll_until(lambda: counted(engine) == wanted, 60, what)
    except AssertionError as error:
        raise AssertionError(f"{error}: {counted(engine)[0]}, not {wanted[0]}; "
                             f"{engine.log_tail()}") from None


def put_in_force(engine, models):
    log = engine.directory / "tocsin.log"
    reloads = log.read_text().count(RELOADED)
    prices(engine, models)
    poll_until(lambda: log.read_text().count(RELOADED) > reloads, 20, "reloaded")


def killed_in_the_midst(engine, since_ms):
    """While it reads, the ids it met lie in a folder that is gone afterwards. False: it was done
    before the kill came."""
    folder, log = engine.directory / "state" / "repricing", engine.directory / "tocsin.log"
    poll_until(lambda: not folder.exists(), 20, "the one before is over")
    anew = log.read_text().count(BEGUN_ANEW)
    status, _ = engine.post(f"/api/v1/reprice?since_ms={since_ms}", "reprice")
    assert status == 202, status
    poll_until(folder.exists, 20, "a re-pricing reads", every=0.001)
    engine.kill9()
    engine.start_ready()
    poll_until(lambda: json.loads(engine.get("/api/v1/reprice")[1])["state"] != "running", 60,
               "nothing is under way")
    return log.read_text().count(BEGUN_ANEW) > anew


def a_new_price_counts_for_what_came_before(context):
    dice, topic, now = random.Random(context.seed), context.topic(), int(time.time() * 1000)
    records = list(requests(dice, 4_000, now))
    with ScriptedReceiver() as hook, ScriptedReceiver() as ops, \
            context.engine(RULES, topic, webhook(hook), ops) as engine:
        prices(engine, OLD)
        engine.start_ready()
        with context.producer(topic) as producer:
            for record in records:
                producer.send(record)
        wait_for(engine, total_of(records, OLD), "counted without a price")

        rates = OLD | {"new-model": "4"}
        prices(engine, rates)
        wait_for(engine, total_of(records, rates), "the new model's requests of today priced")
        def told(deliveries):
            return [d for d in deliveries if d.json["engine"] and "of today priced" in d.json["summary"]]

        ops.wait_for(told, 30, "told that they are priced")
        summary = told(ops.deliveries)[0].json["summary"]
        assert "acme/new-model" in summary and "total-day now" in summary, summary

        # A price was wrong since the morning. Killed while it is put right, it begins anew.
        cheaper = {"old-model": "1", "new-model": "0.5"}
        put_in_force(engine, cheaper)
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now / 1000 - 3600))
        tried = json.loads(engine.command("reprice", "--since", since, "--dry-run", "--json"))
        assert tried["dry_run"] and tried["totals"] == 51, tried
        wait_for(engine, total_of(records, rates), "nothing changed by a dry run")
        for _ in range(2):
            status, _ = engine.post(f"/api/v1/reprice?since_ms={now - 3_600_000}", "reprice")
            assert status in (202, 409), status
            engine.run_for(dice.uniform(0, 0.3))
            engine.kill9()
            engine.start_ready()
        wait_for(engine, total_of(records, cheaper), "put right after kills")
        # Those may have missed it. This one does not, if need be the next one.
        for missed in range(10):
            cheaper = {"old-model": "1.25", "new-model": f"0.{missed + 1}"}
            put_in_force(engine, cheaper)
            hit = killed_in_the_midst(engine, now - 3_600_000)
            wait_for(engine, total_of(records, cheaper), "put right after a kill in the midst")
            if hit:
                break
        assert hit, "none of 10 kills met a re-pricing"
        report = engine.command("reprice", "--since", since)
        assert "0 requests of another cost" in report, report
        assert json.loads(engine.get("/api/v1/reprice")[1])["state"] == "done"

        with context.producer(topic) as producer:  # and the stream goes on from there
            more = Record(0, now, json.dumps({"id": "more", "timestamp": now, "user": "u1",
                                              "provider": "acme", "model": "new-model",
                                              "usage": {"input": 2_000_000}}).encode())
            producer.send(more)
        wait_for(engine, total_of([*records, more], cheaper), "one more counted")
        context.note.append(f"{len(records)} records, price lists that change, {missed + 3} kills")


TESTS = [("A new price counts for what came before, exactly, through kills",
          a_new_price_counts_for_what_came_before)]
