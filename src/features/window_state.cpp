// The stored form of a window: little-endian, one layout version, CRC-32C at the end.
#include "base/hash.hpp"
#include "features/window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace millrace {
namespace {

static_assert(std::endian::native == std::endian::little, "stored windows are little-endian");
constexpr std::uint32_t magic = 0x3157524D;  // "MRW1"

class Writer {
 public:
  template <typename T>
  void put(const T& value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  template <typename T>
  void put(std::span<const T> values) {
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  void put(const std::string& text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }
  std::string finish() {
    put(crc32c(bytes_));
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  bool get(T& value) {
    return get(std::span<T>(&value, 1));
  }
  template <typename T>
  bool get(std::span<T> values) {
    if (bytes_.size() < values.size_bytes()) return false;
    if (!values.empty()) std::memcpy(values.data(), bytes_.data(), values.size_bytes());
    bytes_.remove_prefix(values.size_bytes());
    return true;
  }
  bool get(std::string& text) {
    std::uint32_t size = 0;
    if (!get(size) || bytes_.size() < size) return false;
    text = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return true;
  }
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

}  // namespace

std::string AssetWindow::serialise() const {
  Writer out;
  out.put(magic);
  out.put(static_cast<std::uint32_t>(columns_));
  for (const std::string& column : definition_->layout.columns) out.put(column);
  out.put(life_rows_);
  out.put(ignore_until_us_);
  out.put(std::span<const double>(carry_));
  for (const Rows* rows : {&raw_, &first_}) {
    out.put(static_cast<std::uint32_t>(rows->held));
    out.put(std::span(rows->times).subspan(rows->begin, rows->held));
    out.put(std::span(rows->values).subspan(rows->begin * columns_, rows->held * columns_));
    out.put(std::span(rows->cells).subspan(rows->begin * columns_, rows->held * columns_));
  }
  return out.finish();
}

namespace {

struct StoredRows {
  std::vector<TimeUs> times;
  std::vector<double> values;
  std::vector<Cell> cells;

  bool read(Reader& in, std::size_t columns) {
    std::uint32_t held = 0;
    if (!in.get(held) || in.left() < held * (sizeof(TimeUs) + columns * (sizeof(double) + sizeof(Cell)))) return false;
    times.resize(held);
    values.resize(held * columns);
    cells.resize(held * columns);
    return in.get(std::span(times)) && in.get(std::span(values)) && in.get(std::span(cells));
  }
  [[nodiscard]] Row row(std::size_t at, std::size_t columns) const {
    return {times[at], std::span(values).subspan(at * columns, columns),
            std::span(cells).subspan(at * columns, columns), false};
  }
};

}  // namespace

Result<void> AssetWindow::deserialise(std::string_view bytes) {
  const auto torn = [] { return fail(ErrorCode::corrupt, "stored window: the bytes are torn or foreign"); };
  std::uint32_t crc = 0;
  if (bytes.size() < sizeof crc) return torn();
  std::memcpy(&crc, bytes.data() + bytes.size() - sizeof crc, sizeof crc);
  bytes.remove_suffix(sizeof crc);
  if (crc32c(bytes) != crc) return torn();
  Reader in(bytes);
  std::uint32_t found_magic = 0, columns = 0;
  if (!in.get(found_magic) || found_magic != magic || !in.get(columns)) return torn();
  if (columns != columns_) {
    return fail(ErrorCode::failed_precondition, fmt::format("stored window has {} columns, not {}", columns, columns_));
  }
  for (const std::string& column : definition_->layout.columns) {
    std::string stored;
    if (!in.get(stored)) return torn();
    if (stored != column) {
      return fail(ErrorCode::failed_precondition, fmt::format("stored window has {} where {} belongs", stored, column));
    }
  }
  std::uint64_t life_rows = 0;
  TimeUs ignore_until_us = 0;
  std::vector<double> carry(columns_);
  StoredRows window, first;
  if (!in.get(life_rows) || !in.get(ignore_until_us) || !in.get(std::span(carry)) || !window.read(in, columns_) ||
      !first.read(in, columns_) || in.left() != 0) {
    return torn();
  }
  AssetWindow restored(definition_);
  restored.carry_ = std::move(carry);
  for (std::size_t at = 0; at < window.times.size(); ++at) restored.append(window.row(at, columns_));
  for (std::size_t at = 0; at < first.times.size(); ++at)
    static_cast<void>(restored.keep_first(first.row(at, columns_)));
  restored.derive_baseline();
  restored.life_rows_ = life_rows;
  restored.ignore_until_us_ = ignore_until_us;
  *this = std::move(restored);
  return {};
}

Result<void> AssetWindow::change_definition(std::shared_ptr<const FeatureDefinition> definition) {
  if (definition->layout != definition_->layout) {
    return fail(ErrorCode::failed_precondition, "the new feature definition reads other signals");
  }
  AssetWindow changed(std::move(definition));
  TRY(changed.deserialise(serialise()));
  *this = std::move(changed);
  return {};
}

}  // namespace millrace
