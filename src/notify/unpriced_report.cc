// SPDX-License-Identifier: Apache-2.0
#include "notify/unpriced_report.h"

namespace tocsin {
namespace {

void write_model(RowWriter& out, const UnpricedModel& model) {
  out.text(model.model);
  out.text(model.service);
  for (const std::uint64_t n :
       {model.requests, model.partial, model.estimated, model.input_tokens, model.output_tokens}) {
    out.number(n);
  }
  out.signed_number(to_ms(model.since));
  out.number(model.lacking.size());
  for (const std::string& unit : model.lacking) out.text(unit);
  out.text(model.like);
  out.amount(model.estimate.pico());
  out.number(model.services.size());
  for (const auto& [service, n] : model.services) {
    out.text(service);
    out.number(n);
  }
  out.number(model.likes.size());
  for (const auto& like : model.likes) {
    out.text(like.model);
    out.amount(like.cost.pico());
  }
  out.number(model.budgets.size());
  for (const auto& budget : model.budgets) {
    out.text(budget.rule);
    out.text(budget.group);
    out.number(budget.percent ? 1 + *budget.percent : 0);
  }
}

UnpricedModel read_model(RowReader& in) {
  UnpricedModel model;
  model.model = in.text();
  model.service = in.text();
  for (std::uint64_t* n : {&model.requests, &model.partial, &model.estimated, &model.input_tokens,
                           &model.output_tokens}) {
    *n = in.number();
  }
  model.since = event_time_ms(in.signed_number());
  for (auto left = in.number(); left > 0 && in.ok(); --left) model.lacking.emplace_back(in.text());
  model.like = in.text();
  model.estimate = Money::pico(in.amount());
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    std::string service(in.text());
    model.services.emplace_back(std::move(service), in.number());
  }
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    std::string name(in.text());
    model.likes.push_back({std::move(name), Money::pico(in.amount())});
  }
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    UnpricedModel::Budget budget;
    budget.rule = in.text();
    budget.group = in.text();
    if (const auto percent = in.number(); percent > 0) budget.percent = percent - 1;
    model.budgets.push_back(std::move(budget));
  }
  return model;
}

}  // namespace

void write_unpriced(RowWriter& out, const UnpricedReport& report) {
  out.byte(report.unmetered ? 1 : 0);
  out.text(report.zone);
  out.signed_number(report.at.time_since_epoch().count());
  out.number(report.models.size());
  for (const UnpricedModel& model : report.models) write_model(out, model);
}

UnpricedReport read_unpriced(RowReader& in) {
  UnpricedReport report;
  report.unmetered = in.byte() == 1;
  report.zone = in.text();
  report.at = WallTime{Millis{in.signed_number()}};
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    report.models.push_back(read_model(in));
  }
  return report;
}

}  // namespace tocsin
