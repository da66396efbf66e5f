#include "ui/shell_word.h"
#include <string.h>

void mp_shell_word_add(struct mp_buf *buf, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "_-./:@%+=,";

	if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
		mp_buf_adds(buf, word);
		return;
	}
	mp_buf_addc(buf, '\'');
	for (; *word != '\0'; word++)
		if (*word == '\'')
			mp_buf_adds(buf, "'\\''");
		else
			mp_buf_addc(buf, *word);
	mp_buf_addc(buf, '\'');
}
