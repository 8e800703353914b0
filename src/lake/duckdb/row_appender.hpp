#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

struct _duckdb_appender;
struct _duckdb_connection;

namespace millrace::duck {

/// Appends rows to a table of the lake, inside the connection's transaction. The first error is kept and told by
/// `finish`; until then values go nowhere.
class RowAppender {
 public:
  RowAppender(_duckdb_connection* connection, const char* table);
  ~RowAppender();
  RowAppender(const RowAppender&) = delete;
  RowAppender& operator=(const RowAppender&) = delete;

  RowAppender& text(const std::string& value);  ///< empty is NULL
  RowAppender& number(double value);            ///< NaN is NULL
  RowAppender& integer(std::int64_t value);
  RowAppender& time(TimeUs value_us);                       ///< 0 is NULL
  RowAppender& numbers(const std::vector<double>& values);  ///< empty is NULL
  void end_row();
  Result<void> finish();

 private:
  void check(int state);
  _duckdb_appender* handle_ = nullptr;
  std::string table_;
  std::string error_;
  bool failed_ = false;
};

}  // namespace millrace::duck
