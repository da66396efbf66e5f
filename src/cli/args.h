/* args.h - the arguments of a tool, as a person types them. */
#pragma once
#include "wire/json/json.h"

/* Makes one JSON object of:
 *   key=text      a string              key=@file    the file's text
 *   key:=json     any JSON value        key:=@file   the file's JSON
 *   {"a": 1}      members of an object
 * A file named "-" is standard input.  *ret_object is the caller's (json_decref).
 * *ret_text (NULL: not wanted) is the same object with each number as it was typed, the
 * caller's (mp_free_wiped).
 * MCPASS_E_USAGE  neither of these, bad JSON, a key that occurs twice, a file that is too
 *                 long
 * MCPASS_E_IO     a file that cannot be read */
enum mcpass_rc mp_args_parse(char *const *args, size_t count, json_t **ret_object,
    char **ret_text, struct mcpass_error *err);

/* {KEY: VALUE} and, when arguments is not NULL, "arguments" (JSON text): what a request
 * about one tool, prompt or resource has.  *ret_params is the caller's (mp_free_wiped).
 * MCPASS_E_USAGE: value is not UTF-8. */
enum mcpass_rc mp_args_params(const char *key, const char *value, const char *arguments,
    char **ret_params, struct mcpass_error *err);
