/* The options that every command has. */
#include "cli/command.h"

static const struct mp_option common_options[] = {
	{ "json", '\0', MP_OPTION_FLAG, NULL, offsetof(struct mp_common, json),
	    "Print JSON, for programs; an error is JSON on standard error." },
	{ "explain", 'e', MP_OPTION_FLAG, NULL, offsetof(struct mp_common, explain),
	    "Tell each step with the clause it follows, secrets left out, on standard error." },
	{ "verbose", 'v', MP_OPTION_FLAG, NULL, offsetof(struct mp_common, explain),
	    "The same as --explain." },
	{ "quiet", 'q', MP_OPTION_FLAG, NULL, offsetof(struct mp_common, quiet),
	    "Say nothing but results and errors." },
	{ "help", 'h', MP_OPTION_FLAG, NULL, offsetof(struct mp_common, help),
	    "Show this." },
};
const struct mp_option_table mp_common_table = {
	"General options", common_options, MP_COUNT(common_options)
};
