/* json.h - JSON read strictly, once, by a table of fields.
 * spec: RFC 8259; RFC 7493 (I-JSON: no duplicate names, UTF-8 only) */
#pragma once
#include <jansson.h>
#include "base/buf.h"
#include "base/secret.h"

/* Parses a whole document that something is decided by.  what names it in an error ("the
 * token response").  A member that is null is left out: null is absent, to every reader.
 * Release *ret_json with json_decref().
 * MCPASS_E_PROTOCOL  not JSON, duplicate names, a NUL, bad UTF-8, trailing bytes
 * MCPASS_E_LIMIT     deeper than MP_MAX_JSON_DEPTH, more than MP_MAX_JSON_VALUES, longer
 *                    than max bytes
 * MCPASS_E_NOMEM */
enum mcpass_rc mp_json_parse(const char *data, size_t len, size_t max, const char *what,
    json_t **ret_json, struct mcpass_error *err);

/* The same by other rules, for JSON that carries what people and programs say. */
#define MP_JSON_NULLS 0x1u      /* members that are null stay */
#define MP_JSON_DEEP  0x2u      /* MP_MAX_MESSAGE_DEPTH: schemas nest */
#define MP_JSON_MEND  0x4u      /* half a surrogate pair, a NUL, bad UTF-8 in a value become
                                 * U+FFFD; a byte order mark is skipped, a number too large
                                 * is the largest */
#define MP_JSON_LAST  0x8u      /* of two members of one name the last counts; names are
                                 * mended, too */
#define MP_JSON_NEITHER 0x10u   /* of two members of one name that differ neither counts; names
                                 * are mended, too */
#define MP_JSON_PREFIX 0x20u    /* what stands behind the document is not looked at */
/* An answer that is given once, and is lost when it is not read: a token response. */
#define MP_JSON_ANSWER (MP_JSON_DEEP | MP_JSON_MEND | MP_JSON_NEITHER | MP_JSON_PREFIX)
/* A document of which some members decide: each name once, and other text as it can be read. */
#define MP_JSON_DOCUMENT (MP_JSON_DEEP | MP_JSON_MEND)
/* A request that a server is sent, or JSON that a person typed: each name once. */
#define MP_JSON_REQUEST (MP_JSON_NULLS | MP_JSON_DEEP | MP_JSON_MEND)
/* An MCP message of a peer, read as the SDKs of the field read it. */
#define MP_JSON_MESSAGE (MP_JSON_REQUEST | MP_JSON_LAST)
enum mcpass_rc mp_json_parse_by(unsigned rules, const char *data, size_t len, size_t max,
    const char *what, json_t **ret_json, struct mcpass_error *err);

/* A member, NULL when it is absent or null; borrowed. */
json_t *mp_json_get(const json_t *object, const char *name);
/* A member that is a string, or NULL; borrowed. */
const char *mp_json_text(const json_t *object, const char *name);
/* Adds a member, nothing for NULL; false: out of memory. */
bool mp_json_set_text(json_t *object, const char *name, const char *text);
/* Why a member that has to be there is not, static: "is missing", or "is given twice" where
 * MP_JSON_NEITHER left both out. */
const char *mp_json_why_absent(const json_t *object, const char *name);
/* A document without the byte order mark that some servers begin it with (RFC 8259 8.1). */
struct mp_span mp_json_without_mark(const char *data, size_t len);

enum mp_field_type {
	MP_FIELD_STRING,   /* char *              owned, no NUL or control inside */
	MP_FIELD_SECRET,   /* struct mp_secret    owned, wiped */
	MP_FIELD_URL,      /* char *              owned, passed mp_uri_parse() */
	MP_FIELD_STRINGS,  /* struct mp_strings   from an array of strings */
	MP_FIELD_SCOPES,   /* the same, up to MP_MAX_LISTED_SCOPES */
	MP_FIELD_SCOPE,    /* char *              owned, words with spaces between them */
	MP_FIELD_BOOL,     /* bool                */
	MP_FIELD_INT,      /* int64_t             a fraction is cut (RFC 7519 2) */
	MP_FIELD_OBJECT    /* json_t *            owned reference */
};
#define MP_REQUIRED 0x1u        /* absent or null is MCPASS_E_PROTOCOL */
/* Members of a document that another party wrote.  What decides is strict: another form
 * than the field's is MCPASS_E_PROTOCOL.  What advises is lenient: such a value is read as
 * far as that can be done (a list with one odd item, a list for a scope, "true"), else it
 * counts as absent; mp_json_take() tells it.  For both, "" is absent, as null is.  Say at
 * the row why a member only advises, where that is not plain. */
#define MP_ADVISES  0x2u
#define MP_DECIDES  0x4u
struct mp_field {
	const char *name;
	enum mp_field_type type;
	unsigned flags;
	size_t offset;          /* in the struct that is filled */
	const char *spec;       /* the clause that an error names */
};
/* Fills the fields that are present; absent ones stay as they were, so hand in a
 * struct of zeros.  Unknown members are ignored (RFC 8414 3.2).  On failure all that
 * was filled is released and zero again. */
enum mcpass_rc mp_json_read(const json_t *object, const struct mp_field *fields,
    size_t count, void *ret_struct, struct mcpass_error *err);
/* The same, and adds to odd one sentence for each member that was left out or read in
 * another form than its clause has: for --explain.  odd may be NULL. */
enum mcpass_rc mp_json_take(const json_t *object, const struct mp_field *fields,
    size_t count, void *ret_struct, struct mp_strings *odd, struct mcpass_error *err);
/* Moves into filled what it lacks and more, which was filled by the same table, has. */
void mp_json_complete(const struct mp_field *fields, size_t count, void *filled, void *more);
/* Whether object has the member, and it says something: null and "" do not. */
bool mp_json_is_given(const json_t *object, const char *name);
/* Releases what mp_json_read() filled and makes it zero. */
void mp_json_release(const struct mp_field *fields, size_t count, void *filled);
/* The way back: sets each present field (non-NULL, non-empty list, true, not 0) in
 * object; used for records and metadata.  MCPASS_E_USAGE: a string that is not UTF-8. */
enum mcpass_rc mp_json_write(json_t *object, const struct mp_field *fields, size_t count,
    const void *filled, struct mcpass_error *err);

/* Compact text, owned by the caller (mp_free_wiped); NULL when out of memory. */
char *mp_json_dump(const json_t *json);
/* Ends a document that was composed with rc: its text, as above, where that went well.  json is
 * released in any case; NULL: there was no memory for it. */
enum mcpass_rc mp_json_end(json_t *json, enum mcpass_rc rc, char **ret_text,
    struct mcpass_error *err);
