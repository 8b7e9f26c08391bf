# sandbar_embed(target header namespace file …): the files' texts as constants, "page.js" as page_js, in a header of the
# build folder.
function(sandbar_embed target header namespace)
  set(out ${CMAKE_BINARY_DIR}/embedded/${header})
  get_filename_component(folder ${out} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE files)
  add_custom_command(
    OUTPUT ${out}
    COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/cmake/embed.py ${namespace} ${out} ${files}
    DEPENDS ${CMAKE_SOURCE_DIR}/cmake/embed.py ${files}
    COMMENT "embed ${header}")
  target_sources(${target} PRIVATE ${out})
  target_include_directories(${target} PUBLIC ${CMAKE_BINARY_DIR}/embedded)
endfunction()
