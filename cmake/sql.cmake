# sandbar_sql(target feature): ./store.sql → "sandbar/control/<feature>/store.sql.h" in the build folder, with one
# pg::Statement<N> for each "-- name:" in namespace sandbar::control::<feature>::sql, and all of them as sql::kAll.
# sandbar_all_statements(target): "sandbar/control/all_statements.h" with all_statements(), for the test that prepares
# the statements of every feature declared so far.
# sandbar_schema(target): db/migrations/*.sql and db/routines.sql → "sandbar/control/schema.sql.h" with kMigrations and
# kRoutines in namespace sandbar::control.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(sandbar_sql target feature)
  sandbar_generate_sql(${target} statements sandbar::control::${feature}::sql ${CMAKE_CURRENT_SOURCE_DIR}/store.sql
    sandbar/control/${feature}/store.sql.h ${CMAKE_CURRENT_SOURCE_DIR}/store.sql)
  set_property(GLOBAL APPEND PROPERTY SANDBAR_SQL_FEATURES ${feature})
  set_property(GLOBAL APPEND PROPERTY SANDBAR_SQL_TARGETS ${target})
endfunction()

function(sandbar_schema target)
  file(GLOB migrations CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/db/migrations/*.sql)
  sandbar_generate_sql(${target} schema sandbar::control ${CMAKE_SOURCE_DIR}/db
    sandbar/control/schema.sql.h ${migrations} ${CMAKE_SOURCE_DIR}/db/routines.sql)
endfunction()

function(sandbar_generate_sql target kind namespace input header)
  set(out ${CMAKE_BINARY_DIR}/sql/${header})
  get_filename_component(folder ${out} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(
    OUTPUT ${out}
    COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/cmake/sql.py ${kind} ${namespace} ${input} ${out}
    DEPENDS ${CMAKE_SOURCE_DIR}/cmake/sql.py ${ARGN}
    COMMENT "sql ${header}")
  target_sources(${target} PRIVATE ${out})
  target_include_directories(${target} PUBLIC ${CMAKE_BINARY_DIR}/sql)
endfunction()

function(sandbar_all_statements target)
  get_property(features GLOBAL PROPERTY SANDBAR_SQL_FEATURES)
  get_property(targets GLOBAL PROPERTY SANDBAR_SQL_TARGETS)
  set(includes "")
  set(appends "")
  foreach(feature ${features})
    string(APPEND includes "#include \"sandbar/control/${feature}/store.sql.h\"\n")
    string(APPEND appends "  for (const auto& statement : ${feature}::sql::kAll) all.push_back(statement);\n")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/sql/sandbar/control/all_statements.h CONTENT "#pragma once
#include <vector>
@includes@
namespace sandbar::control {
inline std::vector<pg::AnyStatement> all_statements() {
  std::vector<pg::AnyStatement> all;
@appends@  return all;
}
}  // namespace sandbar::control
" @ONLY)
  if(targets)
    add_dependencies(${target} ${targets})
  endif()
endfunction()
