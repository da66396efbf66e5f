/* Answers of anybody to the walk for a metadata document: each line is a status, a Location or
 * nothing, and a body; the walk ends, goes where it may, and finds whose document it asked. */
#include <stdlib.h>
#include <string.h>
#include "oauth/places.h"
#include "oauth/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define SERVER "https://rs.example/mcp"
#define ISSUER "https://as.example/t"

static void require(bool truth)
{
	if (!truth)
		abort();
}

/* The next field of a line, up to a tab or its end. */
static char *field(char **line)
{
	char *text = *line, *tab = text != NULL ? strchr(text, '\t') : NULL;

	if (tab != NULL)
		*tab++ = '\0';
	*line = tab;
	return text != NULL ? text : (char *)"";
}

static enum mp_places_next take_line(struct mp_places *places, char *line)
{
	int status = atoi(field(&line));
	struct mcpass_header location = { "Location", field(&line) };
	const char *body = field(&line);
	struct mp_places_answer answer = { status, &location, location.value[0] != '\0', body,
		strlen(body) };
	struct mcpass_error err = { 0 };
	enum mp_places_next next = mp_places_next(places, &answer, &err);

	require((next == MP_PLACES_FAILED) == (err.rc != MCPASS_OK));
	return next;
}

static void walk(struct mp_places *places, char *text)
{
	enum mp_places_next next = MP_PLACES_AGAIN;

	while (next == MP_PLACES_AGAIN && text != NULL) {
		char *line = text;

		text = strchr(text, '\n');
		if (text != NULL)
			*text++ = '\0';
		require(mp_target_check(mp_places_url(places), SERVER, false, "it", NULL) == MCPASS_OK);
		next = take_line(places, line);
	}
	if (next == MP_PLACES_FOUND && places->of_issuer)
		require(mp_asmeta_same_issuer(places->as.issuer, ISSUER));
	if (next == MP_PLACES_FOUND && !places->of_issuer)
		require(mp_prm_check_resource(&places->prm, SERVER, NULL) == MCPASS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_places places = { 0 };
	char *text = malloc(len + 1);
	enum mcpass_rc rc;

	if (text == NULL || len == 0) {
		free(text);
		return 0;
	}
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	rc = (data[0] & 1) != 0
	    ? mp_places_of_resource(&places, SERVER, (data[0] & 2) != 0 ? "https://rs.example/m" : NULL,
	    false, NULL)
	    : mp_places_of_issuer(&places, ISSUER, SERVER, false, data[0] >> 1, NULL);
	require(rc == MCPASS_OK);
	walk(&places, text);
	mp_places_free(&places);
	free(text);
	return 0;
}
