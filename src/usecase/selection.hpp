#pragma once

#include "usecase/usecase.hpp"

#include <span>
#include <string>
#include <string_view>

namespace millrace {

/// Does a use case run for this asset? Site, type and tag must all fit; "*" and an empty tag fit everything. An asset
/// that nobody gave a type is selected by no use case: what is unknown is not acted upon.
bool selects(const UseCase::Assets& wanted, std::string_view site, std::string_view type,
             std::span<const std::string> tags);

/// For people: "type Turbofan, tag engine, any site".
std::string to_text(const UseCase::Assets& wanted);

}  // namespace millrace
