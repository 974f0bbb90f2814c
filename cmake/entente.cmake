# What every target of the project shares: the language, the warnings, and one way to declare a library and its test.
include(GoogleTest)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(entente_options INTERFACE)
target_compile_options(entente_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Werror
  # gcc 12 sees a mismatch in the operators new and delete of large coroutine frames, where there is none.
  -Wno-mismatched-new-delete)
target_compile_definitions(entente_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE
  BOOST_BEAST_SEPARATE_COMPILATION)
target_compile_options(entente_options INTERFACE -pthread)
target_include_directories(entente_options INTERFACE ${CMAKE_SOURCE_DIR})

# Headers that most sources include, compiled once for the libraries and once for the tests. Every source still includes
# what it uses: the tidy preset builds without these. The flags of all users must be the same, hence -fPIC for tests too.
file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cpp "// Holds nothing: the precompiled headers need a target to belong to.\n")
add_library(entente_precompiled STATIC ${CMAKE_BINARY_DIR}/precompiled.cpp)
target_link_libraries(entente_precompiled PRIVATE entente_options Boost::headers)
set(ENTENTE_COMMON_HEADERS
  <algorithm> <chrono> <filesystem> <functional> <map> <memory> <mutex> <optional> <string> <string_view> <variant> <vector>
  <boost/asio/any_io_executor.hpp> <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp>
  <boost/asio/io_context.hpp> <boost/asio/steady_timer.hpp> <boost/asio/use_awaitable.hpp> <boost/system/result.hpp>)
target_precompile_headers(entente_precompiled PRIVATE ${ENTENTE_COMMON_HEADERS})

# The sanitizers' and clang-tidy's presets compile several sources of a library as one, which costs them a third. The
# others compile each by itself, and so see what a source forgot to include. Tests are compiled together for release, too.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)
option(ENTENTE_UNITY_TESTS "compile several sources of a test program as one" ON)
# A type that uses an anonymous namespace is a mistake in a header, and every day's fare in a source; and what shadows
# another source's private name shadows nothing.
add_library(entente_unity_options INTERFACE)
target_compile_options(entente_unity_options INTERFACE -Wno-subobject-linkage -Wno-shadow -Wno-unknown-warning-option)
if(CMAKE_UNITY_BUILD)
  target_link_libraries(entente_options INTERFACE entente_unity_options)
endif()

# entente_library(NAME SOURCES a.cpp ... LINKS entente_x ... [PRIVATE_LINKS ...] [ALONE b.cpp ...])
# One library a folder. LINKS are what its headers need, PRIVATE_LINKS what only its sources do. ALONE are sources with a
# private name that another one has, too.
function(entente_library NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS;ALONE" ${ARGN})
  add_library(${NAME} STATIC ${ARG_SOURCES})
  set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_link_libraries(${NAME} PUBLIC ${ARG_LINKS} PRIVATE entente_options ${ARG_PRIVATE_LINKS})
  target_precompile_headers(${NAME} REUSE_FROM entente_precompiled)
endfunction()

# Under a sanitizer starting a program costs more than most unit tests do, and its allocator is another.
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=")
  set(ENTENTE_SANITIZED ON)
endif()

# Tests are compiled without optimisation in every preset, which halves their compile time, and without
# UndefinedBehaviourSanitizer, which takes half of it again; what they test is not.
set(ENTENTE_TEST_OPTIONS -O0 -U_FORTIFY_SOURCE -fno-sanitize=undefined)

# What tests share besides: GoogleTest.
function(entente_precompile_tests)
  add_library(entente_precompiled_tests STATIC ${CMAKE_BINARY_DIR}/precompiled.cpp)
  target_link_libraries(entente_precompiled_tests PRIVATE entente_options Boost::headers GTest::gmock)
  target_compile_options(entente_precompiled_tests PRIVATE ${ENTENTE_TEST_OPTIONS})
  target_precompile_headers(entente_precompiled_tests PRIVATE ${ENTENTE_COMMON_HEADERS} <gmock/gmock.h> <gtest/gtest.h>)
endfunction()

# Linking fifty test programs takes minutes with GNU's linker; what is shipped is linked by it all the same.
find_program(MOLD mold)

# entente_test(NAME SOURCES x_test.cpp ... LINKS entente_x ... [LABEL unit] [TIMEOUT seconds] [ALONE y_test.cpp ...])
# One test program a library; every TEST in it is a test of ctest's, and under a sanitizer all of a program's unit tests
# are one.
function(entente_test NAME)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;LINKS;ALONE" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${NAME} ${ARG_SOURCES})
  set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_link_libraries(${NAME} PRIVATE entente_options entente_unity_options ${ARG_LINKS} GTest::gmock GTest::gtest_main)
  set_target_properties(${NAME} PROPERTIES POSITION_INDEPENDENT_CODE OFF UNITY_BUILD ${ENTENTE_UNITY_TESTS} UNITY_BUILD_BATCH_SIZE 12)
  target_compile_options(${NAME} PRIVATE ${ENTENTE_TEST_OPTIONS} -fPIC)
  if(MOLD)
    target_link_options(${NAME} PRIVATE -fuse-ld=mold)
  endif()
  target_precompile_headers(${NAME} REUSE_FROM entente_precompiled_tests)
  target_compile_definitions(${NAME} PRIVATE ENTENTE_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data")
  if(ENTENTE_SANITIZED AND ARG_LABEL STREQUAL unit)
    add_test(NAME ${NAME} COMMAND ${NAME} --gtest_brief=1)
    set_tests_properties(${NAME} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 300)
  else()
    gtest_discover_tests(${NAME} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
  endif()
endfunction()
