/* entry.h - the entry by which a host starts the bridge. */
#pragma once
#include "base/buf.h"
#include "cli/hosts/table.h"

struct mp_host_entry {
	char *name;                     /* what the host calls the server */
	char *command;                  /* this program, by its absolute path */
	struct mp_strings args;         /* "bridge", options, servers */
	struct mp_strings env;          /* "NAME=value": what a host may not hand on */
};
/* A file as the host's bridge has to be told it, which it starts in a folder of its own: absolute.
 * What is no file stays: "-", ":memory:", a database, the Secret Service. */
void mp_host_add_path(struct mp_buf *buf, const char *path);
/* What a server may be called: the first label of its URL that says something, or its own name,
 * in letters that every host takes.  The caller's (free). */
enum mcpass_rc mp_host_entry_name(const char *server, char **ret_name, struct mcpass_error *err);
/* name NULL: made from the first server, which is a URL or a name.  words: what follows
 * "bridge".  Release with mp_host_entry_free(). */
enum mcpass_rc mp_host_entry_make(const char *name, const char *server, const struct mp_strings *words,
    struct mp_host_entry *ret_entry, struct mcpass_error *err);
void mp_host_entry_free(struct mp_host_entry *entry);
/* The file with the entry in it, in place of one of its name; of an empty file, one that has
 * nothing but the entry. */
enum mcpass_rc mp_host_entry_put(const struct mp_host_entry *entry, const struct mp_host_file *host,
    struct mp_span file, struct mp_buf *buf, struct mcpass_error *err);
