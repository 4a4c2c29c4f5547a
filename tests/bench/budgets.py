# SPDX-License-Identifier: Apache-2.0
"""The rules that are measured. truth.cc knows the same budgets by name, and what they come to."""

from rules import Rule  # of tests/integration

RUNGS = {"50%": "info", "80%": "warning", "100%": "critical"}

TOTAL_DAY = Rule("total-day", budget="$8000", alert=RUNGS)
ENVIRONMENT_DAY = Rule("environment-day", group_by=("Environment",), budget="$3000", alert=RUNGS)
FEATURE_HOUR = Rule("feature-hour", group_by=("Feature",), window="hour", budget="$60", alert=RUNGS)
USER_DAY = Rule("user-day", group_by=("user",), budget="$20", alert=RUNGS)
USER_FEATURE_HOUR = Rule("user-feature-hour", group_by=("user", "Feature"), window="hour", budget="$2", alert=RUNGS)
REGION_DAY = Rule("region-day", group_by=("Region",), budget="$2000", alert=RUNGS)
TIER_HOUR = Rule("tier-hour", group_by=("UserTier",), window="hour", budget="$120", alert=RUNGS)
USER_HOUR = Rule("user-hour", group_by=("user",), window="hour", budget="$10", alert=RUNGS)

FIVE = [TOTAL_DAY, ENVIRONMENT_DAY, FEATURE_HOUR, USER_DAY, USER_FEATURE_HOUR]
WITHOUT_USERS = [TOTAL_DAY, ENVIRONMENT_DAY, FEATURE_HOUR]
# Five that match every event and cost little, so that what others cost shows.
MATCHING = [*WITHOUT_USERS, REGION_DAY, TIER_HOUR]


def never_matching(count):
    """Rules as people have hundreds of: of one user, one service of a feature, one family of models,
    one key in a region. Their first conditions are often met, all of them never."""
    shapes = [lambda i: {"user": f"customer-{i}"},
              lambda i: {"Environment": "production", "Feature": "chat", "service": f"gateway-{i}"},
              lambda i: {"model": f"tuned-{i}-*"},
              lambda i: {"Region": "eu-west-1", "key": [f"key-{i}", f"key-{i}-old"]}]
    return [Rule(f"other-{i}", where=shapes[i % len(shapes)](i), group_by=("user",), budget="$100", alert=RUNGS)
            for i in range(count)]


def never_reached(rules):
    """The same rules with budgets that nothing comes near."""
    return [Rule(rule.name, group_by=rule.group_by, window=rule.window, budget="$1000000", alert=RUNGS)
            for rule in rules]
