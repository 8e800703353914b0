# The functions that declare what Millrace is built from. The LINKS lists are the allowed-dependency graph.

# millrace_library(<name> SOURCES ... [HEADERS ...] [LINKS ...] [EXTERNAL ...] [TESTS ...] [TEST_LINKS ...] [TEST_TIMEOUT s])
#   LINKS       other Millrace libraries and light external targets, visible to users
#   EXTERNAL    libraries whose headers stay inside this library's .cpp files
#   TESTS       GoogleTest files; they become one executable <name>_test, each test a ctest of its own
#   TEST_ENV    NAME=VALUE pairs for the tests
# The library is millrace_<name>; headers are included from src/, e.g. "signal/sample.hpp".
function(millrace_library name)
  cmake_parse_arguments(arg "" "TEST_TIMEOUT" "SOURCES;HEADERS;LINKS;EXTERNAL;TESTS;TEST_LINKS;TEST_ENV" ${ARGN})
  set(target millrace_${name})
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES} ${arg_HEADERS})
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${target} PUBLIC ${arg_LINKS} PRIVATE ${arg_EXTERNAL})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${target} INTERFACE ${arg_LINKS})
  endif()
  set_property(GLOBAL APPEND PROPERTY MILLRACE_LIBRARIES ${target})
  millrace_check_headers(${name})
  if(arg_TESTS)
    add_executable(${name}_test ${arg_TESTS})
    target_link_libraries(${name}_test PRIVATE ${target} ${arg_TEST_LINKS} ${arg_EXTERNAL} GTest::gmock GTest::gtest_main)
    if(NOT arg_TEST_TIMEOUT)
      set(arg_TEST_TIMEOUT 60)
    endif()
    include(GoogleTest)
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT ${arg_TEST_TIMEOUT} LABELS unit ENVIRONMENT "${arg_TEST_ENV}")
  endif()
endfunction()

# Every header of the folder must compile by itself: one generated source per folder includes each header first, in turn.
function(millrace_check_headers name)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
  set(checks "")
  foreach(header ${headers})
    file(RELATIVE_PATH relative ${PROJECT_SOURCE_DIR}/src ${header})
    string(MAKE_C_IDENTIFIER ${relative} id)
    set(check ${CMAKE_CURRENT_BINARY_DIR}/headers/${id}.cpp)
    file(CONFIGURE OUTPUT ${check} CONTENT "#include \"${relative}\"\n#include \"${relative}\"  // twice: guarded\n")
    list(APPEND checks ${check})
  endforeach()
  if(checks)
    add_library(${name}_headers OBJECT EXCLUDE_FROM_ALL ${checks})
    target_link_libraries(${name}_headers PRIVATE millrace_${name})
    set_property(GLOBAL APPEND PROPERTY MILLRACE_HEADER_CHECKS ${name}_headers)
  endif()
endfunction()

# millrace_app(<name> SOURCES ... LINKS ...): a process, in build/<preset>/bin.
function(millrace_app name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINKS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()

# millrace_fuzz(<name> SOURCES ... LINKS ... [CORPUS folder]): a libFuzzer target with clang; otherwise the corpus is replayed as a test.
function(millrace_fuzz name)
  cmake_parse_arguments(arg "" "CORPUS" "SOURCES;LINKS" ${ARGN})
  add_executable(fuzz_${name} ${arg_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE ${arg_LINKS})
  if(MILLRACE_FUZZ)
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/fuzz/replay_main.cpp)
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} ${PROJECT_SOURCE_DIR}/fuzz/corpus/${name})
    set_tests_properties(fuzz.${name} PROPERTIES TIMEOUT 120 LABELS unit)
  endif()
endfunction()

# millrace_benchmark(<name> SOURCES ... LINKS ...): google-benchmark or a program of its own; run by `make bench`.
function(millrace_benchmark name)
  if(MILLRACE_BENCH)
    cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
    add_executable(bench_${name} ${arg_SOURCES})
    target_link_libraries(bench_${name} PRIVATE ${arg_LINKS})
    set_target_properties(bench_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  endif()
endfunction()
