# How every part of wireproof is declared: one call for a library, one for its tests, one for its
# benchmarks, so that warnings and sanitizers are the same everywhere.

add_library(wireproof_options INTERFACE)
target_compile_options(wireproof_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                       -Wnon-virtual-dtor $<$<BOOL:${WIREPROOF_WERROR}>:-Werror>)
# g++ 12 warns of its own std::string when it optimizes (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(wireproof_options INTERFACE -Wno-restrict)
endif()
target_include_directories(wireproof_options INTERFACE "${PROJECT_SOURCE_DIR}/harness"
                           "${PROJECT_SOURCE_DIR}")

# wireproof_module(<name> SOURCES ... [LINK ...]): static library wireproof_<name>
function(wireproof_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(wireproof_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(wireproof_${name} PUBLIC wireproof_options ${ARG_LINK})
endfunction()

# wireproof_fast(<library> GROUP <sources>): for what every packet of a large capture goes through. The
# sources are compiled as one, so that the compiler sees through their calls, and a level higher.
function(wireproof_fast library)
  cmake_parse_arguments(ARG "" "" "GROUP" ${ARGN})
  set_target_properties(${library} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  set_source_files_properties(${ARG_GROUP} PROPERTIES UNITY_GROUP fast)
  target_compile_options(${library} PRIVATE $<$<CONFIG:Release,RelWithDebInfo>:-O3>)
  # To zero a structure of some hundred bytes g++ writes REP STOS, which takes 15 ns to begin with: half
  # of what it takes to decode a packet. The C library's function does it in the best way there is.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64|AMD64")
    target_compile_options(${library} PRIVATE -mmemset-strategy=libcall:-1:noalign
                           -mmemcpy-strategy=libcall:-1:noalign)
  endif()
endfunction()

# wireproof_tests(<name> SOURCES ... [LINK ...] [ALONE <test>...]): GoogleTest program <name>_test.
# ALONE: these measure times, and ctest runs nothing beside them.
function(wireproof_tests name)
  if(NOT BUILD_TESTING)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;ALONE" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE wireproof_options ${ARG_LINK} GTest::gmock
                        GTest::gtest_main)
  set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  target_compile_definitions(${name}_test PRIVATE
                             WIREPROOF_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                             WIREPROOF_BINARY_DIR="${CMAKE_BINARY_DIR}")
  set(beside_others)
  if(ARG_ALONE)
    list(JOIN ARG_ALONE ":" alone)
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}/" TEST_FILTER "${alone}" TEST_LIST alone_tests
                         DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120 RUN_SERIAL ON)
    set(beside_others TEST_FILTER "-${alone}")
  endif()
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}/" ${beside_others} DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT 120)
endfunction()

# wireproof_bench(<name> SOURCES ... [LINK ...]): Google Benchmark program <name>_bench
function(wireproof_bench name)
  if(NOT WIREPROOF_BENCHMARKS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name}_bench ${ARG_SOURCES})
  target_link_libraries(${name}_bench PRIVATE wireproof_options ${ARG_LINK}
                        benchmark::benchmark_main)
  set_target_properties(${name}_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                        "${CMAKE_BINARY_DIR}/bench")
endfunction()

# wireproof_fuzz(<name> SOURCES ... [LINK ...]): libFuzzer program <name> (clang), of sources built
# for it: the libraries are without its instrumentation
function(wireproof_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE wireproof_options ${ARG_LINK})
  target_compile_options(${name} PRIVATE -fsanitize=fuzzer,address,undefined
                         -fno-sanitize-recover=undefined)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer,address,undefined)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
endfunction()
