#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// How many letters must be put in, taken out, changed or swapped with their neighbour to get from one word to the
/// other (optimal string alignment: Damerau 1964, each place edited once).
std::size_t edit_distance(std::string_view from, std::string_view to);

/// The word that was probably meant: at most a third of its letters differ. Empty when none is near.
std::string nearest_word(std::string_view written, const std::vector<std::string>& words);

}  // namespace millrace
