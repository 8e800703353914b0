#include "gateway/edge_inbox.hpp"

namespace millrace {

bool EdgeInbox::add(std::string_view edge, std::string_view epoch, std::uint64_t batch) {
  auto found = edges_.find(edge);
  if (found == edges_.end()) found = edges_.try_emplace(std::string(edge)).first;
  auto& held = found->second;
  if (held.epoch != epoch) {  // its spool was lost: it counts anew
    held.epoch = epoch;
    held.batches.clear();
  }
  if (held.batches.contains(batch)) return false;
  held.batches.add(batch);
  return true;
}

std::string EdgeInbox::to_text(std::string_view edge) const {
  auto found = edges_.find(edge);
  return found == edges_.end() ? std::string() : found->second.epoch + " " + found->second.batches.to_text();
}

bool EdgeInbox::restore(std::string_view edge, std::string_view text) {
  auto space = text.find(' ');
  if (space == std::string_view::npos) return false;
  auto batches = sparkplug::BatchSet::parse(text.substr(space + 1));
  if (!batches) return false;
  edges_[std::string(edge)] = {std::string(text.substr(0, space)), std::move(*batches)};
  return true;
}

}  // namespace millrace
