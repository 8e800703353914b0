#include "signal/units.hpp"

#include "base/nearest.hpp"

#include <array>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

namespace millrace {
namespace {

constexpr double pi = std::numbers::pi;

// UN/CEFACT Recommendation 20 common codes with the conversion factors of the SI brochure (9th edition) and NIST SP
// 811. `symbol` is what a use case file writes; other spellings are in `aliases`.
constexpr Unit units[] = {
    // temperature: K
    {"KEL", "K", "temperature", 1, 0},
    {"CEL", "degC", "temperature", 1, 273.15},
    {"FAH", "degF", "temperature", 5.0 / 9, 459.67 * 5 / 9},
    {"A48", "degR", "temperature", 5.0 / 9, 0},
    // pressure: Pa (absolute and gauge are the same dimension; the symbol keeps the difference for people)
    {"PAL", "Pa", "pressure", 1},
    {"A97", "hPa", "pressure", 100},
    {"KPA", "kPa", "pressure", 1e3},
    {"MPA", "MPa", "pressure", 1e6},
    {"BAR", "bar", "pressure", 1e5},
    {"MBR", "mbar", "pressure", 100},
    {"PS", "psi", "pressure", 6894.757293168361},
    {"80", "psia", "pressure", 6894.757293168361},
    {"ATM", "atm", "pressure", 101325},
    {"ATT", "at", "pressure", 98066.5},
    {"UA", "Torr", "pressure", 101325.0 / 760},
    {"HN", "mmHg", "pressure", 133.322387415},
    {"F79", "inHg", "pressure", 3386.389},
    {"HP", "mmH2O", "pressure", 9.80665},
    {"F78", "inH2O", "pressure", 249.08891},
    // length: m
    {"MTR", "m", "length", 1},
    {"DMT", "dm", "length", 0.1},
    {"CMT", "cm", "length", 0.01},
    {"MMT", "mm", "length", 1e-3},
    {"4H", "um", "length", 1e-6},
    {"C45", "nm", "length", 1e-9},
    {"KMT", "km", "length", 1e3},
    {"INH", "in", "length", 0.0254},
    {"FOT", "ft", "length", 0.3048},
    {"YRD", "yd", "length", 0.9144},
    {"SMI", "mile", "length", 1609.344},
    {"NMI", "nmi", "length", 1852},
    // area: m2
    {"MTK", "m2", "area", 1},
    {"CMK", "cm2", "area", 1e-4},
    {"MMK", "mm2", "area", 1e-6},
    {"KMK", "km2", "area", 1e6},
    {"HAR", "ha", "area", 1e4},
    {"FTK", "ft2", "area", 0.09290304},
    {"INK", "in2", "area", 6.4516e-4},
    // volume: m3
    {"MTQ", "m3", "volume", 1},
    {"DMQ", "dm3", "volume", 1e-3},
    {"CMQ", "cm3", "volume", 1e-6},
    {"MMQ", "mm3", "volume", 1e-9},
    {"HLT", "hl", "volume", 0.1},
    {"LTR", "l", "volume", 1e-3},
    {"MLT", "ml", "volume", 1e-6},
    {"FTQ", "ft3", "volume", 0.028316846592},
    {"INQ", "in3", "volume", 1.6387064e-5},
    {"GLL", "gal", "volume", 3.785411784e-3},
    {"GLI", "gal_uk", "volume", 4.54609e-3},
    {"BLL", "bbl", "volume", 0.158987294928},
    // mass: kg
    {"KGM", "kg", "mass", 1},
    {"GRM", "g", "mass", 1e-3},
    {"MGM", "mg", "mass", 1e-6},
    {"MC", "ug", "mass", 1e-9},
    {"TNE", "t", "mass", 1e3},
    {"LBR", "lb", "mass", 0.45359237},
    {"ONZ", "oz", "mass", 0.028349523125},
    {"STN", "ton_us", "mass", 907.18474},
    // time: s
    {"SEC", "s", "time", 1},
    {"C26", "ms", "time", 1e-3},
    {"B98", "us", "time", 1e-6},
    {"C47", "ns", "time", 1e-9},
    {"MIN", "min", "time", 60},
    {"HUR", "h", "time", 3600},
    {"DAY", "d", "time", 86400},
    {"WEE", "week", "time", 604800},
    // frequency: Hz
    {"HTZ", "Hz", "frequency", 1},
    {"KHZ", "kHz", "frequency", 1e3},
    {"MHZ", "MHz", "frequency", 1e6},
    {"A86", "GHz", "frequency", 1e9},
    // rotational speed: rad/s
    {"2A", "rad/s", "rotational speed", 1},
    {"E96", "deg/s", "rotational speed", pi / 180},
    {"RPM", "rpm", "rotational speed", 2 * pi / 60},
    {"RPS", "rps", "rotational speed", 2 * pi},
    // velocity: m/s
    {"MTS", "m/s", "velocity", 1},
    {"C16", "mm/s", "velocity", 1e-3},
    {"2M", "cm/s", "velocity", 0.01},
    {"2X", "m/min", "velocity", 1.0 / 60},
    {"KMH", "km/h", "velocity", 1 / 3.6},
    {"HM", "mph", "velocity", 0.44704},
    {"KNT", "kn", "velocity", 1852.0 / 3600},
    {"FS", "ft/s", "velocity", 0.3048},
    // acceleration: m/s2
    {"MSK", "m/s2", "acceleration", 1},
    {"K40", "gn", "acceleration", 9.80665},
    // force: N
    {"NEW", "N", "force", 1},
    {"B47", "kN", "force", 1e3},
    {"B73", "MN", "force", 1e6},
    {"B37", "kgf", "force", 9.80665},
    {"C78", "lbf", "force", 4.4482216152605},
    // torque: N.m
    {"NU", "N.m", "torque", 1},
    {"B48", "kN.m", "torque", 1e3},
    {"M92", "lbf.ft", "torque", 1.3558179483314004},
    // energy: J
    {"JOU", "J", "energy", 1},
    {"KJO", "kJ", "energy", 1e3},
    {"3B", "MJ", "energy", 1e6},
    {"GV", "GJ", "energy", 1e9},
    {"WHR", "Wh", "energy", 3600},
    {"KWH", "kWh", "energy", 3.6e6},
    {"MWH", "MWh", "energy", 3.6e9},
    {"GWH", "GWh", "energy", 3.6e12},
    {"BTU", "Btu", "energy", 1055.05585262},
    {"E14", "kcal", "energy", 4186.8},
    // power: W
    {"WTT", "W", "power", 1},
    {"C31", "mW", "power", 1e-3},
    {"KWT", "kW", "power", 1e3},
    {"MAW", "MW", "power", 1e6},
    {"A90", "GW", "power", 1e9},
    {"BHP", "hp", "power", 745.69987158227},
    {"HJ", "PS_metric", "power", 735.49875},
    {"D44", "var", "reactive power", 1},
    {"KVR", "kvar", "reactive power", 1e3},
    {"D46", "VA", "apparent power", 1},
    {"KVA", "kVA", "apparent power", 1e3},
    {"MVA", "MVA", "apparent power", 1e6},
    {"D54", "W/m2", "irradiance", 1},
    // electricity
    {"AMP", "A", "electric current", 1},
    {"4K", "mA", "electric current", 1e-3},
    {"B84", "uA", "electric current", 1e-6},
    {"B22", "kA", "electric current", 1e3},
    {"VLT", "V", "voltage", 1},
    {"2Z", "mV", "voltage", 1e-3},
    {"D82", "uV", "voltage", 1e-6},
    {"KVT", "kV", "voltage", 1e3},
    {"OHM", "ohm", "resistance", 1},
    {"E45", "mohm", "resistance", 1e-3},
    {"B49", "kohm", "resistance", 1e3},
    {"B75", "Mohm", "resistance", 1e6},
    {"FAR", "F", "capacitance", 1},
    {"4O", "uF", "capacitance", 1e-6},
    {"C41", "nF", "capacitance", 1e-9},
    {"4T", "pF", "capacitance", 1e-12},
    {"81", "H", "inductance", 1},
    {"C14", "mH", "inductance", 1e-3},
    {"COU", "C", "electric charge", 1},
    {"AMH", "Ah", "electric charge", 3600},
    {"E09", "mAh", "electric charge", 3.6},
    {"D33", "T", "magnetic flux density", 1},
    {"C29", "mT", "magnetic flux density", 1e-3},
    {"SIE", "S", "conductance", 1},
    {"D10", "S/m", "conductivity", 1},
    {"G42", "uS/cm", "conductivity", 1e-4},
    {"H61", "mS/cm", "conductivity", 0.1},
    // volume flow: m3/s
    {"MQS", "m3/s", "volume flow", 1},
    {"MQH", "m3/h", "volume flow", 1.0 / 3600},
    {"G51", "l/s", "volume flow", 1e-3},
    {"L2", "l/min", "volume flow", 1e-3 / 60},
    {"E32", "l/h", "volume flow", 1e-3 / 3600},
    {"41", "ml/min", "volume flow", 1e-6 / 60},
    {"2L", "ft3/min", "volume flow", 0.028316846592 / 60},
    {"G2", "gal/min", "volume flow", 3.785411784e-3 / 60},
    // mass flow: kg/s
    {"KGS", "kg/s", "mass flow", 1},
    {"E93", "kg/h", "mass flow", 1.0 / 3600},
    {"F31", "kg/min", "mass flow", 1.0 / 60},
    {"E18", "t/h", "mass flow", 1000.0 / 3600},
    {"4U", "lb/h", "mass flow", 0.45359237 / 3600},
    {"K81", "lb/s", "mass flow", 0.45359237},
    // matter
    {"KMQ", "kg/m3", "density", 1},
    {"23", "g/cm3", "density", 1e3},
    {"GL", "g/l", "density", 1},
    {"M1", "mg/l", "density", 1e-3},
    {"GP", "mg/m3", "density", 1e-6},
    {"GQ", "ug/m3", "density", 1e-9},
    {"C65", "Pa.s", "dynamic viscosity", 1},
    {"C24", "mPa.s", "dynamic viscosity", 1e-3},
    {"S4", "m2/s", "kinematic viscosity", 1},
    {"4C", "cSt", "kinematic viscosity", 1e-6},
    {"C34", "mol", "amount of substance", 1},
    {"Q30", "pH", "acidity", 1},
    // angle, light, sound, radiation
    {"C81", "rad", "angle", 1},
    {"DD", "deg", "angle", pi / 180},
    {"LUX", "lx", "illuminance", 1},
    {"LUM", "lm", "luminous flux", 1},
    {"CDL", "cd", "luminous intensity", 1},
    {"2N", "dB", "level", 1},
    {"BQL", "Bq", "radioactivity", 1},
    {"D13", "Sv", "dose equivalent", 1},
    // numbers
    {"C62", "1", "number", 1},
    {"P1", "%", "number", 0.01},
    {"59", "ppm", "number", 1e-6},
    {"61", "ppb", "number", 1e-9},
    {"H87", "pieces", "count", 1},
    {"B7", "cycles", "count", 1},
    // data
    {"A99", "bit", "information", 0.125},
    {"AD", "B", "information", 1},
    {"2P", "kB", "information", 1e3},
    {"4L", "MB", "information", 1e6},
    {"E34", "GB", "information", 1e9},
};

struct Alias {
  std::string_view spelling, symbol;
};
constexpr Alias aliases[] = {
    {"°C", "degC"},   {"celsius", "degC"}, {"C°", "degC"},     {"°F", "degF"},   {"fahrenheit", "degF"},
    {"°R", "degR"},   {"rankine", "degR"}, {"kelvin", "K"},    {"µm", "um"},     {"µs", "us"},
    {"µg", "ug"},     {"µA", "uA"},        {"µV", "uV"},       {"µF", "uF"},     {"µS/cm", "uS/cm"},
    {"m²", "m2"},     {"m³", "m3"},        {"cm³", "cm3"},     {"m³/h", "m3/h"}, {"m³/s", "m3/s"},
    {"m/s²", "m/s2"}, {"W/m²", "W/m2"},    {"kg/m³", "kg/m3"}, {"Ω", "ohm"},     {"kΩ", "kohm"},
    {"Nm", "N.m"},    {"N·m", "N.m"},      {"1/min", "rpm"},   {"r/min", "rpm"}, {"rev/min", "rpm"},
    {"r/s", "rps"},   {"L", "l"},          {"L/min", "l/min"}, {"L/h", "l/h"},   {"L/s", "l/s"},
    {"percent", "%"}, {"lbm", "lb"},       {"lbm/s", "lb/s"},  {"pps", "lb/s"},  {"sec", "s"},
    {"hour", "h"},    {"hours", "h"},      {"day", "d"},       {"days", "d"},    {"minutes", "min"},
    {"seconds", "s"}, {"cycle", "cycles"}, {"°", "deg"},       {"psig", "psi"},  {"ratio", "1"},
};

}  // namespace

std::span<const Unit> all_units() { return units; }

Result<const Unit*> find_unit(std::string_view name) {
  for (const Alias& alias : aliases) {
    if (alias.spelling == name) name = alias.symbol;
  }
  for (const Unit& unit : units) {  // symbols first: "K" and "C" are units, "KMT" only a code
    if (unit.symbol == name) return &unit;
  }
  for (const Unit& unit : units) {
    if (unit.code == name) return &unit;
  }
  Nearest nearest(name);
  for (const Unit& unit : units) nearest.offer(unit.symbol);
  for (const Alias& alias : aliases) nearest.offer(alias.spelling);
  return fail(ErrorCode::not_found, fmt::format("unit \"{}\" is not known{}", name, nearest.hint()));
}

Result<double> convert(double value, const Unit& from, const Unit& to) {
  if (from.dimension != to.dimension) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} ({}) cannot become {} ({})", from.symbol, from.dimension, to.symbol, to.dimension));
  }
  if (&from == &to) return value;
  return (value * from.factor + from.offset - to.offset) / to.factor;
}

}  // namespace millrace
