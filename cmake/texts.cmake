# The languages of the issuer's pages: each src/issuer/login/texts/LANGUAGE.json becomes a row
# of mp_texts_built_in (issuer/login/texts.h).
file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/issuer/login/texts/*.json)
set(texts "#include \"issuer/login/texts.h\"\n")
set(rows "")
foreach(path ${files})
  get_filename_component(tag ${path} NAME_WE)
  string(MAKE_C_IDENTIFIER ${tag} name)
  file(READ ${path} bytes HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND texts "static const char text_${name}[] = { ${bytes}'\\0' };\n")
  string(APPEND rows "\t{ \"${tag}\", text_${name}, NULL },\n")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
endforeach()
string(APPEND texts "const struct mp_issuer_translation mp_texts_built_in[] = {\n${rows}};\n"
    "const size_t mp_texts_built_in_count =\n"
    "    sizeof(mp_texts_built_in) / sizeof(mp_texts_built_in[0]);\n")
set(made ${PROJECT_BINARY_DIR}/issuer_texts.c)
file(GENERATE OUTPUT ${made} CONTENT "${texts}")
target_sources(mp_issuer PRIVATE ${made})
