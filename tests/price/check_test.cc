// SPDX-License-Identifier: Apache-2.0
#include "price/check.h"

#include <catch2/catch.hpp>

#include "price/load.h"

using namespace tocsin;

namespace {

std::vector<std::string> findings(const std::string& models) {
  prices::Catalogue catalogue;
  Diagnostics diagnostics;
  auto provider = prices::load_provider("p.yaml", "version: 1\nprovider: acme\nmodels:\n" + models,
                                        catalogue.texts, diagnostics);
  if (!provider) FAIL(diagnostics.front().message);
  catalogue.add(std::move(*provider));
  return prices::check(catalogue);
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("A list with nothing in vain has no findings") {
  CHECK(findings(R"(
  - {model: a, match: [{equals: a}, {starts_with: a-}], prices: [
      {per_mtok: {input: 1}}, {from: 2026-01-01, per_mtok: {input: 2}},
      {daily: '16:30-00:30', per_mtok: {input: 1}}],
     variants: [{when: {service_tier: batch}, from: 2026-02-01, per_mtok: {input: 3}},
                {when: {service_tier: batch}, per_mtok: {input: 1}}]}
  - {model: b, prices: [{per_mtok: {input: 1}}]}
)")
            .empty());
}

TEST_CASE("A name that a model before it takes is found, and a model that has no other") {
  CHECK(findings(R"(
  - {model: a, match: [{starts_with: a}], prices: [{per_mtok: {input: 1}}]}
  - {model: ab, match: [{equals: ab}, {equals: b}], prices: [{per_mtok: {input: 1}}]}
  - {model: ac, prices: [{per_mtok: {input: 1}}]}
)") == Lines{"acme/ab: `ab` is already a name of acme/a, which stands before it",
             "acme/ac: `ac` is already a name of acme/a, which stands before it",
             "acme/ac: it is never found"});
}

TEST_CASE("A price that another hides, and days without a price, are found") {
  CHECK(findings(R"(
  - {model: a, prices: [{from: 2026-03-01, per_mtok: {input: 1}},
                        {from: 2026-01-01, per_mtok: {input: 2}}]}
)") == Lines{"p.yaml:5: this price never holds: p.yaml:6 comes after it"});
  CHECK(findings(R"(
  - {model: a, prices: [{until: 2026-03-01, per_mtok: {input: 1}},
                        {from: 2026-03-02, per_mtok: {input: 2}}]}
)") == Lines{"p.yaml:5: there is no price from 2026-03-01 until 2026-03-02"});
  CHECK(findings("  - {model: a, prices: [{daily: '01:00-02:00', per_mtok: {input: 1}}]}\n") ==
        Lines{"p.yaml:4: there is no price for the hours that no `daily` is for"});
}

TEST_CASE("A variant that another stands before is found") {
  CHECK(findings(R"(
  - {model: a, prices: [{per_mtok: {input: 1}}],
     variants: [{when: {service_tier: [batch, flex]}, per_mtok: {input: 3}},
                {when: {service_tier: batch, region: eu}, per_mtok: {input: 1}}]}
)") == Lines{"acme/a: variant batch, region eu never holds: batch stands before it"});
}
