# Pages of section 3 from the public headers: the opening comment of each becomes the description,
# structures stand as they are, each function has its comment and a page that leads here.
# usage: awk -v folder=OUT -v version=0.1.0 -f man3.awk include/mcpass/*.h

function out(text) { print text > page }

function roff(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	sub(/^[.']/, "\\\\\\&&", text)
	return text
}

# Paragraphs; "NAME  what it is", with what is indented under it, is an item.
function prose(text,    lines, n, i, line, in_item) {
	n = split(text, lines, "\n")
	for (i = 1; i <= n; i++) {
		line = lines[i]
		if (line == "" || (in_item && line !~ /^ /)) {
			out(".PP")
			in_item = 0
		}
		if (line ~ /^ ? ? ?[A-Za-z_`][^ ]*((, | )[^ ]+)*  +[^ ]/ && line !~ /[.:,;]  [^ ]/) {
			sub(/^ +/, "", line)
			match(line, /  +/)
			out(".TP")
			out(".B " roff(substr(line, 1, RSTART - 1)))
			line = substr(line, RSTART)
			in_item = 1
		}
		sub(/^ +/, "", line)
		if (line != "")
			out(roff(line))
	}
}

function verbatim(text,    lines, n, i) {
	out(".PP")
	out(".nf")
	out(".EX")
	gsub(/\t/, "        ", text)
	n = split(text, lines, "\n")
	for (i = 1; i <= n; i++)
		out(roff(lines[i]))
	out(".EE")
	out(".fi")
}

# The text of a comment, without its stars.
function bare(comment,    lines, n, i, line, all) {
	n = split(comment, lines, "\n")
	for (i = 1; i <= n; i++) {
		line = lines[i]
		sub(/^ ?\/?\*+ ?/, "", line)
		sub(/ *\*\/ *$/, "", line)
		all = all (i > 1 ? "\n" : "") line
	}
	return all
}

function begin_page(text,    first) {
	sub(/^mcpass\/[a-z]+\.h - /, "", text)
	first = text
	sub(/\n\n.*/, "", first)
	gsub(/\n/, " ", first)
	sub(/\.( .*)?$/, "", first)
	out(".TH " toupper(title) " 3 \"\" \"mcpass " version "\" \"Library calls\"")
	out(".nh")
	out(".ad l")
	out(".SH NAME")
	out(title " \\- " roff(first))
	out(".SH SYNOPSIS")
	out(".B #include <mcpass/" header ".h>")
	out(".PP")
	out(".B cc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs mcpass)")
	out(".SH DESCRIPTION")
	prose(toupper(substr(text, 1, 1)) substr(text, 2))
	out(".SH DECLARATIONS")
}

function end_page() {
	if (page == "")
		return
	flush()
	out(".SH SEE ALSO")
	out(".BR mcpass (1)," see)
	close(page)
}

# What was declared, and the comment above it.
function flush(    name) {
	if (declaration ~ /^MCPASS_API/) {
		match(declaration, /mcpass_[a-z0-9_]+\(/)
		name = substr(declaration, RSTART, RLENGTH - 1)
		if (name != title) {
			print ".so man3/" title ".3" > (folder "/" name ".3")
			close(folder "/" name ".3")
		}
		gsub(/MCPASS_API /, "", declaration)
		out(".SS " roff(name "()"))
		verbatim(declaration)
		prose(comment)
	} else if (declaration != "" || comment != "") {
		out(".PP")
		prose(comment)
		if (declaration != "")
			verbatim(declaration)
	}
	comment = declaration = ""
}

BEGIN {
	for (i = 1; i < ARGC; i++) {
		name = ARGV[i]
		gsub(/.*\/|\.h$/, "", name)
		see = see (i > 1 ? " ," : "") "\n.BR mcpass_" name " (3)"
	}
}
FNR == 1 {
	end_page()
	header = FILENAME
	gsub(/.*\/|\.h$/, "", header)
	title = "mcpass_" header
	page = folder "/" title ".3"
	has_begun = in_comment = depth = 0
}
/^(#ifndef|#ifdef|#endif|#include|#if|#else|extern "C")/ || /^#define MCPASS_(API|[A-Z]+_H$)/ { next }
/^}$/ && depth == 0 { next }
/^\/\*/ && depth == 0 {
	flush()
	in_comment = 1
	comment = ""
}
in_comment {
	comment = comment (comment == "" ? "" : "\n") $0
	if (/\*\//) {
		in_comment = 0
		comment = bare(comment)
		if (!has_begun)
			begin_page(comment)
		else if (comment ~ /^--- .* ---$/)
			out(".SH " toupper(roff(substr(comment, 5, length(comment) - 8))))
		if (!has_begun || comment ~ /^--- /)
			comment = ""
		has_begun = 1
	}
	next
}
/^$/ && depth == 0 { flush(); next }
{
	if (/^MCPASS_API/ && declaration != "")
		flush()
	declaration = declaration (declaration == "" ? "" : "\n") $0
	code = $0
	gsub(/\/\*.*/, "", code)
	depth += gsub(/{/, "", code)
	depth -= gsub(/}/, "", code)
}
END { end_page() }
