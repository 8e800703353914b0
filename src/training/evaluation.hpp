#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

namespace millrace {

/// Errors of predictions of remaining life. Predictions are compared with the label cut at the cap, and with the uncut
/// one: published figures mix both, so both are always given.
struct Metrics {
  std::size_t rows = 0;
  double rmse = 0;  ///< against min(label, cap)
  double rmse_uncapped = 0;
  double mae = 0;   ///< against min(label, cap)
  double bias = 0;  ///< mean of prediction - min(label, cap); positive is too optimistic
  double nasa_score =
      0;  ///< sum over rows of exp(-d/13)-1 for d < 0, exp(d/10)-1 else (Saxena et al. 2008, eq. 2), capped labels
};

/// `cap` <= 0: there is none.
Metrics evaluate(std::span<const float> predictions, std::span<const float> labels_uncapped, double cap);

/// The same per slice of the label ("rul<=30", "30<rul<=75", "rul>75" for a cap of 125); empty slices are left out.
std::map<std::string, Metrics> evaluate_slices(std::span<const float> predictions,
                                               std::span<const float> labels_uncapped, double cap);

}  // namespace millrace
