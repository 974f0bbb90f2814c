# entente_scenarios(FILE LABEL label [TIMEOUT seconds] [FIXTURE name])
# Every `def test_...` of a Python file is a test of ctest's, run against the program of this build.
find_program(ENTENTE_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)

function(entente_scenarios FILE)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT;FIXTURE" "" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set(support ${CMAKE_SOURCE_DIR}/tests/support/py)
  set(path ${CMAKE_CURRENT_SOURCE_DIR}/${FILE})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  get_filename_component(stem ${FILE} NAME_WE)
  file(STRINGS ${path} lines REGEX "^    def test_")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^    def (test_[a-z0-9_A-Z]+).*" "\\1" name "${line}")
    add_test(NAME ${ARG_LABEL}.${stem}.${name} COMMAND ${ENTENTE_PYTHON} -B ${support}/scenario.py ${path} ${name})
    set_tests_properties(${ARG_LABEL}.${stem}.${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
      SKIP_RETURN_CODE 77 FIXTURES_REQUIRED "${ARG_FIXTURE}"
      ENVIRONMENT "ENTENTE=${CMAKE_BINARY_DIR}/bin/entente;ENTENTE_GO_FOLDER=${CMAKE_SOURCE_DIR}/build/go;PYTHONPATH=${support}")
  endforeach()
endfunction()
