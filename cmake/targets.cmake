# sandbar_library(name [COLD] SOURCES … TESTS … USES layer … LINK target …)
#   → static library sandbar_<name>, and test program <name>_test registered with ctest.
#   COLD: nothing in it runs often; like tests, it is not optimized, and compiles in half the time.
#   USES names our own layers; tools/check compares it with tools/check/layers.toml.
# sandbar_program(name [COLD] OUTPUT file SOURCES … USES … LINK …)
# sandbar_proto(name FILES a.proto …) → library sandbar_<name> with generated C++ below the build folder.

add_library(sandbar_doctest_main STATIC ${CMAKE_SOURCE_DIR}/cmake/doctest_main.cc)
target_link_libraries(sandbar_doctest_main PUBLIC doctest::doctest)

function(sandbar_library name)
  cmake_parse_arguments(arg "COLD" "" "SOURCES;TESTS;USES;LINK" ${ARGN})
  if(arg_SOURCES)
    add_library(sandbar_${name} STATIC ${arg_SOURCES})
    set(scope PUBLIC)
  else()
    add_library(sandbar_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(sandbar_${name} ${scope} ${CMAKE_SOURCE_DIR}/src)
  list(TRANSFORM arg_USES PREPEND sandbar_ OUTPUT_VARIABLE uses)
  target_link_libraries(sandbar_${name} ${scope} ${uses} ${arg_LINK})
  sandbar_use_pch(sandbar_${name} "${arg_USES}" "${arg_SOURCES}" ${arg_COLD})
  if(arg_TESTS)
    add_executable(${name}_test ${arg_TESTS})
    target_link_libraries(${name}_test PRIVATE sandbar_${name} sandbar_doctest_main)
    sandbar_use_pch(${name}_test "${arg_USES};${name}" "${arg_TESTS}" TRUE)
    add_test(NAME ${name} COMMAND ${name}_test)
  endif()
endfunction()

function(sandbar_program name)
  cmake_parse_arguments(arg "COLD" "OUTPUT" "SOURCES;USES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  list(TRANSFORM arg_USES PREPEND sandbar_ OUTPUT_VARIABLE uses)
  target_link_libraries(${name} PRIVATE ${uses} ${arg_LINK})
  set_target_properties(${name} PROPERTIES OUTPUT_NAME ${arg_OUTPUT} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  sandbar_use_pch(${name} "${arg_USES}" "${arg_SOURCES}" ${arg_COLD})
endfunction()

# Everything above async shares async's precompiled header (Asio, Boost.JSON, fmt): 12 s per unit without, 1.5 s with.
# What is cold has one of its own, because the options must be the same.
function(sandbar_use_pch target uses sources is_cold)
  set(owner sandbar_async)
  if(is_cold)
    set(owner sandbar_cold_pch)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O0>)
  endif()
  if(sources AND "async" IN_LIST uses)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
endfunction()

function(sandbar_proto name)
  cmake_parse_arguments(arg "" "" "FILES" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/proto)
  file(MAKE_DIRECTORY ${out})
  foreach(file ${arg_FILES})
    string(REPLACE ".proto" ".pb" stem ${file})
    add_custom_command(
      OUTPUT ${out}/${stem}.cc ${out}/${stem}.h
      COMMAND protobuf::protoc --proto_path=${CMAKE_SOURCE_DIR}/proto --cpp_out=${out} ${file}
      DEPENDS ${CMAKE_SOURCE_DIR}/proto/${file}
      COMMENT "protoc ${file}")
    list(APPEND generated ${out}/${stem}.cc)
  endforeach()
  add_library(sandbar_${name} STATIC ${generated})
  target_include_directories(sandbar_${name} SYSTEM PUBLIC ${out})
  target_compile_options(sandbar_${name} PRIVATE -w)
  target_link_libraries(sandbar_${name} PUBLIC protobuf::libprotobuf)
endfunction()
