#pragma once

#include <string_view>

/// The metrics by which Millrace's own nodes and hosts understand each other; foreign ones may leave them out.
namespace millrace::sparkplug::names {
inline constexpr std::string_view rebirth = "Node Control/Rebirth";
inline constexpr std::string_view bd_seq = "bdSeq";
inline constexpr std::string_view epoch = "Millrace/Epoch";        ///< String: of the sender's spool
inline constexpr std::string_view batch = "Millrace/Batch";        ///< UInt64: number of this message in the spool
inline constexpr std::string_view acked = "Millrace/Acked";        ///< String in NCMD: durable ranges, "1-500,900"
inline constexpr std::string_view gap = "Millrace/Gap";            ///< String: JSON of what was given up
inline constexpr std::string_view decision = "Millrace/Decision";  ///< String: JSON of a decision
inline constexpr std::string_view quality = "Millrace/Quality";    ///< String: JSON of signal/quality_counts.hpp
inline constexpr std::string_view event = "Millrace/Event";        ///< String: JSON {"kind", ...} for the lake's events
inline constexpr std::string_view replay = "Millrace/Replay";      ///< UInt64 ms in NCMD: send again from this time

/// Metrics of a device's birth, which say what kind of thing it is (asset_properties.hpp).
inline constexpr std::string_view type = "Properties/Type";  ///< String
inline constexpr std::string_view tags = "Properties/Tags";  ///< String: with commas between them

/// Properties of metrics in births.
inline constexpr std::string_view unit = "engUnit";       ///< String: symbol
inline constexpr std::string_view quantity = "quantity";  ///< String: temperature, pressure, ...
inline constexpr std::string_view role = "role";          ///< String: measurement, clock, context, work_order, finding
inline constexpr std::string_view low = "engLow";         ///< Double: plausible range
inline constexpr std::string_view high = "engHigh";       ///< Double
}  // namespace millrace::sparkplug::names
