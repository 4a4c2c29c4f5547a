// SPDX-License-Identifier: Apache-2.0
#include "cli/junit.h"

#include <catch2/catch.hpp>

using namespace tocsin;

TEST_CASE("Results are written as the XML that build servers read") {
  CHECK(junit_xml({{"rules/tests/a.yaml",
                    {{"rings", 3, Millis{12}, ""},
                     {"is <quiet> & \"calm\"", 9, Millis{1003}, "a\x01\xff < b\n"}}}}) ==
        R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="rules/tests/a.yaml" tests="2" failures="1" errors="0" time="1.015">
    <testcase classname="rules/tests/a.yaml" name="rings" file="rules/tests/a.yaml" line="3" time="0.012"/>
    <testcase classname="rules/tests/a.yaml" name="is &lt;quiet&gt; &amp; &quot;calm&quot;" file="rules/tests/a.yaml" line="9" time="1.003">
      <failure message="expected and got differ">a)"
        "\ufffd\ufffd"
        R"( &lt; b&#10;</failure>
    </testcase>
  </testsuite>
</testsuites>
)");
}
