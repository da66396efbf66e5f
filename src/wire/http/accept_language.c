#include "wire/http/accept_language.h"
#include <string.h>
#include "base/limits.h"
#include "base/text.h"

#define MAX_SUBTAG 8u
#define MOST 1000                       /* q=1 in thousandths */

struct range {
	struct mp_span tag;             /* or "*" */
	int weight;                     /* thousandths; 0: not wanted */
};

/* spec: RFC 4647 2.1 */
static bool is_tag(struct mp_span text)
{
	size_t in_subtag = 0;
	bool is_first = true;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '-' && in_subtag > 0) {
			in_subtag = 0;
			is_first = false;
		} else if ((mp_is_letter(c) || (!is_first && mp_is_digit(c))) && in_subtag < MAX_SUBTAG) {
			in_subtag++;
		} else {
			return false;
		}
	}
	return in_subtag > 0;
}

bool mp_language_is_tag(const char *text)
{
	return is_tag((struct mp_span){ text, strlen(text) });
}

static void skip_blanks(struct mp_span *text)
{
	while (text->len > 0 && (text->data[0] == ' ' || text->data[0] == '\t')) {
		text->data++;
		text->len--;
	}
}

static struct mp_span trim(struct mp_span text)
{
	skip_blanks(&text);
	while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
		text.len--;
	return text;
}

/* "0", "0.7", "1.000"; -1: it is no weight.  spec: RFC 9110 12.4.2 */
static int read_weight(struct mp_span text)
{
	int weight, unit = MOST / 10;

	if (text.len == 0 || text.len > 5 || (text.data[0] != '0' && text.data[0] != '1')
	    || (text.len > 1 && text.data[1] != '.'))
		return -1;
	weight = text.data[0] == '1' ? MOST : 0;
	for (size_t i = 2; i < text.len; i++, unit /= 10) {
		if (!mp_is_digit(text.data[i]))
			return -1;
		weight += (text.data[i] - '0') * unit;
	}
	return weight > MOST ? -1 : weight;
}

/* One element of the list, "de-CH;q=0.7". */
static bool read_range(struct mp_span element, struct range *ret_range)
{
	struct mp_span tag = element, rest;

	for (tag.len = 0; tag.len < element.len && element.data[tag.len] != ';'; tag.len++)
		;
	rest = (struct mp_span){ element.data + tag.len, element.len - tag.len };
	*ret_range = (struct range){ trim(tag), MOST };
	if (!is_tag(ret_range->tag) && !mp_span_is(ret_range->tag, "*"))
		return false;
	if (rest.len == 0)
		return true;
	rest = trim((struct mp_span){ rest.data + 1, rest.len - 1 });
	if (rest.len < 2 || (rest.data[0] != 'q' && rest.data[0] != 'Q') || rest.data[1] != '=')
		return false;
	ret_range->weight = read_weight((struct mp_span){ rest.data + 2, rest.len - 2 });
	return ret_range->weight >= 0;
}

static size_t read_header(const char *header, struct range ranges[MP_MAX_LANGUAGE_RANGES])
{
	size_t count = 0;

	while (*header != '\0' && count < MP_MAX_LANGUAGE_RANGES) {
		struct mp_span element = { header, 0 };

		while (*header != '\0' && *header != ',')
			header++;
		element.len = (size_t)(header - element.data);
		count += read_range(element, &ranges[count]) ? 1 : 0;
		header += *header == ',' ? 1 : 0;
	}
	return count;
}

/* --- which of ours --- */
static bool is_refused(const char *tag, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ranges[i].weight == 0 && mp_span_is_nocase(ranges[i].tag, tag))
			return true;
	return false;
}

/* Whether whole begins with part, where a subtag ends. */
static bool begins(struct mp_span whole, struct mp_span part)
{
	for (size_t i = 0; i < part.len; i++) {
		char a = i < whole.len ? whole.data[i] : '\0', b = part.data[i];

		if ((a | 0x20) != (b | 0x20))
			return false;
	}
	return whole.len == part.len || whole.data[part.len] == '-';
}

/* The longest of ours that the range begins with, else the first that begins with it. */
static size_t find_tag(struct mp_span range, const char *const *tags, size_t count,
    const struct range *ranges, size_t range_count)
{
	size_t shorter = count, longer = count, longest = 0;

	for (size_t i = 0; i < count; i++) {
		struct mp_span tag = { tags[i], strlen(tags[i]) };

		if (is_refused(tags[i], ranges, range_count))
			continue;
		if (tag.len <= range.len && tag.len > longest && begins(range, tag)) {
			shorter = i;
			longest = tag.len;
		} else if (longer == count && tag.len > range.len && begins(tag, range)) {
			longer = i;
		}
	}
	return shorter < count ? shorter : longer;
}

size_t mp_accept_language_pick(const char *header, const char *const *tags, size_t count)
{
	struct range ranges[MP_MAX_LANGUAGE_RANGES];
	size_t range_count = header != NULL ? read_header(header, ranges) : 0;
	size_t best = count;
	int weight = 0;

	for (size_t i = 0; i < range_count; i++) {
		size_t found;

		if (ranges[i].weight <= weight)         /* of equals the first counts */
			continue;
		found = mp_span_is(ranges[i].tag, "*") ? count
		    : find_tag(ranges[i].tag, tags, count, ranges, range_count);
		if (found < count) {
			best = found;
			weight = ranges[i].weight;
		}
	}
	return best;
}
