/* save.h - where a result goes: to standard output, or with -o to a file. */
#pragma once
#include "ui/options.h"
#include "ui/parts.h"
#include "ui/term.h"

/* --output, for a command whose struct has a member `output` of this type. */
struct mp_output_options {
	const char *file;
};
extern const struct mp_option_table mp_output_table;

/* Before the server is asked: what cannot be written is said while nothing is lost.
 * MCPASS_E_IO  the file, or its folder, may not be written */
enum mcpass_rc mp_save_check(const struct mp_output_options *output, struct mcpass_error *err);

/* Where the long strings of the answer go, for struct mp_connection_wish; NULL: they stay in memory,
 * for there is no file.  Released with mp_spool_free(). */
enum mcpass_rc mp_save_begin(const struct mp_output_options *output, struct mp_spool **ret_spool,
    struct mcpass_error *err);

/* When bytes go to a standard output that is no terminal. */
enum mp_bytes {
	MP_BYTES_NEVER,         /* a prompt: messages, each with who says it */
	MP_BYTES_ALONE,         /* a tool: when there is no text beside them */
	MP_BYTES_ALWAYS         /* a resource */
};
/* Reads the parts of *answer, which is replaced where a long string is wanted that the file alone has.
 * is_json: it is for mp_save_json().  Release with mp_parts_free(), before *answer. */
enum mcpass_rc mp_save_read(const struct mp_spool *spool, char **answer, bool is_json,
    struct mp_parts *ret_parts, struct mcpass_error *err);
/* Without -o: the bytes, or the result rendered for standard output.  With it: each part with bytes
 * in a file (x.png, x-2.png), the texts beside it on standard output; a result of text alone as it is
 * in the file.  A file is there when all of it is good, and as it was before when not.
 * MCPASS_E_IO  the disk is full, ...; MCPASS_E_PROTOCOL  bytes that are no base64 */
enum mcpass_rc mp_save_result(const struct mp_output_options *output, const struct mp_parts *parts,
    enum mp_bytes bytes, bool quiet, struct mcpass_error *err);
/* The result as JSON, as the server wrote it. */
enum mcpass_rc mp_save_json(const struct mp_output_options *output, const struct mp_spool *spool,
    const char *text, struct mcpass_error *err);
