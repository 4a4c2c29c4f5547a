// SPDX-License-Identifier: Apache-2.0
#include "notify/email/email_html.h"

#include <catch2/catch.hpp>

#include "notify/samples.h"

using namespace tocsin;
using namespace tocsin::samples;

TEST_CASE("The HTML part loads nothing and runs nothing") {
  const Notice notice = told(production());
  const std::string html = email_html(notice, render(notice));
  for (const char* part : {"<script", "<img", "src=", "url(", "@import", "<link", "href="}) {
    INFO(part);
    CHECK(html.find(part) == std::string::npos);
  }
}
