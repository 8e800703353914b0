#pragma once

#include "sparkplug/batch_set.hpp"
#include "spool/spool.hpp"

namespace millrace::sparkplug {

/// What of a gap is really missing here: without the batches that arrived all the same, because only their
/// acknowledgement was lost. `batch_points` is left out of the answer. `points` 0: nothing is missing.
SpoolGap only_missing(const SpoolGap& gap, const BatchSet& held);

}  // namespace millrace::sparkplug
