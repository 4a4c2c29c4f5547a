// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "price/catalogue.h"

namespace tocsin::prices {
namespace {

// Gives models that are like others the prices of these.
class Likes {
 public:
  Likes(Catalogue& catalogue, Diagnostics& diagnostics)
      : catalogue_(catalogue), diagnostics_(diagnostics) {}

  // False: it gets none, and why is told.
  bool fill(const Provider& provider, Model& model) {
    if (model.like == nullptr || !model.periods.empty()) return true;
    if (std::find(under_way_.begin(), under_way_.end(), &model) != under_way_.end()) {
      return wrong(model, "are like each other in a circle", "one of them needs `prices`");
    }
    const auto [seller, target] = find(provider, model);
    if (target == nullptr) {
      return wrong(model, "no model is called so",
                   "tocsin prices " + std::string(provider.name) +
                       " lists them; those of others are PROVIDER/MODEL");
    }
    under_way_.push_back(&model);
    const bool filled = target->like == nullptr || fill(*seller, *target);
    under_way_.pop_back();
    if (!filled) return false;
    if (target->periods.empty()) return wrong(model, "it has no price itself", "write `prices`");
    take(*target, model, provider);
    return true;
  }

 private:
  struct Target {
    const Provider* seller = nullptr;
    Model* model = nullptr;
  };
  // Of what the catalogue finds, the part of ours that may be changed.
  Target find(const Provider& provider, const Model& model) {
    const Model* const found = catalogue_.resolve(provider.name, model.like->name);
    const Model* const other =
        found == nullptr || found == &model ? catalogue_.resolve({}, model.like->name) : found;
    const Model* const meant = other == nullptr ? found : other;
    for (Provider& seller : catalogue_.providers) {
      for (Model& one : seller.models) {
        if (&one == meant) return {&seller, &one};
      }
    }
    return {};
  }

  void take(const Model& from, Model& model, const Provider& provider) {
    const std::string label = std::string(provider.name) + "/" + std::string(model.name) +
                              " like " + std::string(model.like->name);
    model.periods = from.periods;
    model.variants = from.variants;
    model.users_own = from.users_own;
    for (Period& period : model.periods) {
      const std::size_t blank = std::min(period.label.find(' '), period.label.size());
      period.label = catalogue_.texts.keep(label + std::string(period.label.substr(blank)));
    }
  }

  bool wrong(const Model& model, const char* why, std::string hint) {
    Diagnostic error = model.like->wrong;
    error.message =
        "`" + std::string(model.name) + "` is like `" + std::string(model.like->name) + "`: " + why;
    error.hint = std::move(hint);
    diagnostics_.push_back(std::move(error));
    return false;
  }

  Catalogue& catalogue_;
  Diagnostics& diagnostics_;
  std::vector<const Model*> under_way_;
};

}  // namespace

void Catalogue::fill_likes(Diagnostics& diagnostics) {
  Likes likes(*this, diagnostics);
  for (Provider& provider : providers) {
    for (Model& model : provider.models) (void)likes.fill(provider, model);
  }
}

}  // namespace tocsin::prices
