#include "training/command/parquet_writer.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

namespace millrace {
namespace {

/// Thrift's compact protocol (thrift.apache.org, "Thrift Compact protocol encoding"), as far as Parquet's footers need
/// it.
class Thrift {
 public:
  void begin_struct() {
    outer_.push_back(last_);
    last_ = 0;
  }
  void end_struct() {
    out_ += '\0';
    last_ = outer_.back();
    outer_.pop_back();
  }
  void i32(int field, std::int64_t value) {
    header(field, 5);
    varint(zigzag(value));
  }
  void i64(int field, std::int64_t value) {
    header(field, 6);
    varint(zigzag(value));
  }
  void text(int field, std::string_view value) {
    header(field, 8);
    bare_text(value);
  }
  void structure(int field) {
    header(field, 12);
    begin_struct();
  }
  /// Of `count` elements of a type: 5 is i32, 8 text, 12 a struct (each between begin_struct and end_struct).
  void list(int field, std::size_t count, int type) {
    header(field, 9);
    if (count < 15) {
      out_ += static_cast<char>((count << 4U) | static_cast<unsigned>(type));
    } else {
      out_ += static_cast<char>(0xF0 | type);
      varint(count);
    }
  }
  void bare_i32(std::int64_t value) { varint(zigzag(value)); }
  void bare_text(std::string_view value) {
    varint(value.size());
    out_ += value;
  }
  [[nodiscard]] const std::string& str() const { return out_; }

 private:
  static std::uint64_t zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) out_ += static_cast<char>((value & 0x7FU) | 0x80U);
    out_ += static_cast<char>(value);
  }
  void header(int field, int type) {  // fields rise by less than 16 here: the short form
    out_ += static_cast<char>(((field - last_) << 4) | type);
    last_ = field;
  }

  std::string out_;
  std::vector<int> outer_;
  int last_ = 0;
};

constexpr std::string_view magic = "PAR1";
constexpr int type_float = 4, encoding_plain = 0, encoding_rle = 3, page_data = 0, uncompressed = 0, required = 0;

/// PageHeader {type, uncompressed size, compressed size, data page header {values, encoding, level encodings}}.
std::string page_header(std::size_t bytes, std::size_t values) {
  Thrift out;
  out.begin_struct();
  out.i32(1, page_data);
  out.i32(2, static_cast<std::int64_t>(bytes));
  out.i32(3, static_cast<std::int64_t>(bytes));
  out.structure(5);
  out.i32(1, static_cast<std::int64_t>(values));
  out.i32(2, encoding_plain);
  out.i32(3, encoding_rle);
  out.i32(4, encoding_rle);
  out.end_struct();
  out.end_struct();
  return out.str();
}

struct Chunk {
  std::size_t offset = 0;
  std::size_t bytes = 0;
};

/// SchemaElement: the root has children, a column a type and a name.
void write_schema(Thrift& out, std::span<const FloatColumn> columns) {
  out.list(2, columns.size() + 1, 12);
  out.begin_struct();
  out.text(4, "rows");
  out.i32(5, static_cast<std::int64_t>(columns.size()));
  out.end_struct();
  for (const auto& column : columns) {
    out.begin_struct();
    out.i32(1, type_float);
    out.i32(3, required);
    out.text(4, column.name);
    out.end_struct();
  }
}

/// RowGroup {columns, total bytes, rows}.
void write_row_group(Thrift& out, std::span<const FloatColumn> columns, std::span<const Chunk> chunks,
                     std::size_t rows) {
  std::size_t total = 0;
  out.list(4, 1, 12);
  out.begin_struct();
  out.list(1, columns.size(), 12);
  for (std::size_t k = 0; k < columns.size(); ++k) {
    total += chunks[k].bytes;
    out.begin_struct();  // ColumnChunk
    out.i64(2, static_cast<std::int64_t>(chunks[k].offset));
    out.structure(3);  // ColumnMetaData
    out.i32(1, type_float);
    out.list(2, 2, 5);
    out.bare_i32(encoding_plain);
    out.bare_i32(encoding_rle);
    out.list(3, 1, 8);
    out.bare_text(columns[k].name);
    out.i32(4, uncompressed);
    out.i64(5, static_cast<std::int64_t>(rows));
    out.i64(6, static_cast<std::int64_t>(chunks[k].bytes));
    out.i64(7, static_cast<std::int64_t>(chunks[k].bytes));
    out.i64(9, static_cast<std::int64_t>(chunks[k].offset));
    out.end_struct();
    out.end_struct();
  }
  out.i64(2, static_cast<std::int64_t>(total));
  out.i64(3, static_cast<std::int64_t>(rows));
  out.end_struct();
}

}  // namespace

std::string to_parquet(std::span<const FloatColumn> columns) {
  static_assert(std::endian::native == std::endian::little);
  const std::size_t rows = columns.empty() ? 0 : columns.front().values.size();
  std::string file(magic);
  std::vector<Chunk> chunks;
  for (const auto& column : columns) {
    const std::size_t bytes = rows * sizeof(float);
    const std::string header = page_header(bytes, rows);
    chunks.push_back({file.size(), header.size() + bytes});
    file += header;
    file.append(reinterpret_cast<const char*>(column.values.data()), bytes);
  }
  Thrift footer;  // FileMetaData {version, schema, rows, row groups, created by}
  footer.begin_struct();
  footer.i32(1, 1);
  write_schema(footer, columns);
  footer.i64(3, static_cast<std::int64_t>(rows));
  write_row_group(footer, columns, chunks, rows);
  footer.text(6, "millrace");
  footer.end_struct();
  file += footer.str();
  const auto length = static_cast<std::uint32_t>(footer.str().size());
  file.append(reinterpret_cast<const char*>(&length), sizeof length);
  file += magic;
  return file;
}

}  // namespace millrace
