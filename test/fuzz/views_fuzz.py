#!/usr/bin/env python3
"""Addresses of variables that travel as numbers, in short random ways out of the functions that have the variables.

A way takes the address of a variable that is 7, and then takes steps: to another variable as a pointer or a number, into a structure whose
address goes on instead, and out of it again under another type, up or down into another function. At its end stands main(),
where the stack has been overwritten, and looks for the 7. The ways are short, since what moves to the heap at one step hides what is
wrong with the others. A way that fails is told by its seed and number, and its program is kept.
"""
import os
import random
import re
import sys
import tempfile

from programs import options_of, run

HEAD = '''#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
chan(int) unused;
typedef unsigned long word;
__attribute__((noinline)) static void smash(void) { volatile char b[6000]; memset((char *)b, 0x5a, sizeof b); }
static long get(const void *v) { return *(const long *)v; }
static long get_long(const long *v) { return *v; }
static void put(void *v, long w) { *(long *)v = w; }
static void put_pointer(void *v, void *p) { *(void **)v = p; }
static void copy(void *to, const void *from) { char *t = to; const char *f = from; for (int i = 0; i < 8; i++) t[i] = f[i]; }
static void copy_long(void *to, const void *from) { long *t = to; const long *f = from; *t = *f; }
static long same(long w) { return w; }
static void *same_pointer(void *p) { return p; }
static long join(unsigned lo, unsigned hi) { return (long)((word)hi << 32 | lo); }
static long bytes(const unsigned char *c) { word r = 0; for (int i = 0; i < 8; i++) r |= (word)c[i] << 8 * i; return (long)r; }
static long variable(int n, ...) { va_list ap; va_start(ap, n); long w = va_arg(ap, long); va_end(ap); return w; }
static void *variable_pointer(int n, ...) { va_list ap; va_start(ap, n); void *w = va_arg(ap, void *); va_end(ap); return w; }
struct M { long n; void *p; };
static long gl, ga[2]; static void *gp; static double gd;
'''
# From a pointer v of type T to a long, from a long v to a T. S: the type of a structure that holds one.
LONGS = ['(long)v', 'same((long)v)', '*(long *)&v', '**(long **)&(T *){&v}', 'get(&v)', 'get_long((long *)&v)', 'variable(1, v)', '((union { T p; long n; }){v}).n',
         '({ long n; memcpy(&n, &v, 8); n; })', '({ long n; copy(&n, &v); n; })', '({ long n; copy_long(&n, &v); n; })', '({ long n; *(T *)&n = v; n; })',
         '({ long n; put_pointer(&n, v); n; })', '({ long n[2] = {0, (long)v}; n[1]; })', 'join((word)v, (word)v >> 32)', '({ unsigned lo = (word)v, hi = 0; hi += (word)v >> 32; join(lo, hi); })',
         '(long)(double)(word)v', '({ unsigned char c[8]; for (int i = 0; i < 8; i++) c[i] = (word)v >> 8 * i; bytes(c); })', 'bytes((void *)&v)',
         '({ long n; put(&n, (long)v); n; })', '({ long n = 0; __atomic_fetch_or(&n, (long)v, 5); n; })', '__atomic_load_n((long *)&v, 5)', '({ __int128 n = (word)v; (long)n; })',
         '({ struct { unsigned long p : 48, t : 16; } b; b.p = (word)v; (long)b.p; })', '({ long n; long *q = &n; *q = (long)v; n; })', '({ long n = (long)v, *q = &n; *q; })',
         '({ long n = (long)v | 1; (n & 1) ? n - 1 : 0; })', '({ word h = (word)v >> 16, l = (word)v & 0xffff; (long)(h << 16 | l); })', '({ long *a = malloc(16); a[1] = (long)v; a[1]; })',
         '({ long *a = new(long); *a = (long)v; *a; })', '(gl = (long)v, gl)', '({ ga[1] = (long)v; ga[1]; })', '({ long a = (long)v ^ (long)&gl; a ^ (long)&gl; })',
         '(char *)v - (char *)0', '({ struct { long a, b; } s = {.b = (long)v}, t = s; t.b; })', '({ T a[2] = {0, v}; ((long *)a)[1]; })', '({ long d = labs((long)v); d; })']
POINTERS = ['(T)v', '*(T *)&v', 'same_pointer((void *)v)', 'variable_pointer(1, v)', '((union { T p; long n; }){.n = v}).p', '({ T q; memcpy(&q, &v, 8); q; })', '({ T q; put(&q, v); q; })',
            '({ T q; copy(&q, &v); q; })', '({ T q; *(long *)&q = v; q; })', '({ char b[8]; copy(b, &v); *(T *)b; })', '({ char b[8]; memcpy(b, &v, 8); T q; memcpy(&q, b, 8); q; })',
            '({ union { T p; long n; unsigned char c[8]; } u; for (int i = 0; i < 8; i++) u.c[i] = (word)v >> 8 * i; u.p; })', '(T)((char *)0 + v)', '(T)&((char *)0)[v]',
            '({ T q; __atomic_store_n((long *)&q, v, 5); q; })', '({ struct { T p; } s; *(long *)&s = v; s.p; })', '({ char *z = 0; z += v; (T)z; })', '({ put(&gp, v); (T)gp; })']
KINDS = {'p': 'T m;', 'v': 'void *m;', 'l': 'long m;', 'w': 'uintptr_t m;', 'd': 'double m;', 'h': 'unsigned m[2];', 'c': 'unsigned char m[8];',
         'u': 'union { T p; long n; double d; unsigned char c[8]; unsigned h[2]; } m;', 's': 'struct { long n; } m;', 'a': 'union { T m; long n_m; };'}
ANY_WRITE = ['memcpy(&PLACE, &v, 8)', '*(void **)&PLACE = (void *)v', '*(long *)&PLACE = (long)v', 'copy(&PLACE, &v)', 'put(&PLACE, (long)v)', 'put_pointer(&PLACE, (void *)v)']
WRITE = {'p': ['PLACE = (T)v'], 'v': ['PLACE = (void *)v'], 'l': ['PLACE = (long)v'], 'w': ['PLACE = (word)v'], 'd': ANY_WRITE, 'h': ['PLACE[0] = (word)v, PLACE[1] = (word)v >> 32'],
         'c': ['for (int i = 0; i < 8; i++) PLACE[i] = (word)v >> 8 * i'], 'u': ['PLACE.p = (T)v', 'PLACE.n = (long)v'], 's': ['PLACE.n = (long)v'], 'a': ['PLACE = (T)v', 'PN = (long)v']}
ANY_READ = ['*(long *)&PLACE', '(long)*(void **)&PLACE', 'get(&PLACE)', 'get_long((long *)&PLACE)', '({ long n; memcpy(&n, &PLACE, 8); n; })', '({ void *n; memcpy(&n, &PLACE, 8); (long)n; })']
READ = {'p': ['(long)PLACE'], 'v': ['(long)PLACE'], 'l': ['PLACE'], 'w': ['(long)PLACE'], 'd': ['({ gd = PLACE; get(&gd); })', '({ double d = PLACE; *(long *)&d; })'], 'h': ['join(PLACE[0], PLACE[1])'],
        'c': ['bytes(PLACE)', 'bytes(&PLACE[0])'], 'u': ['(long)PLACE.p', 'PLACE.n', 'bytes(PLACE.c)', 'join(PLACE.h[0], PLACE.h[1])', '({ gd = PLACE.d; get(&gd); })'], 's': ['PLACE.n'],
        'a': ['(long)PLACE', 'PN']}
# Ways to slot I of what v points to, by a structure Z of another layout than S; E: what is read of a place.
VIEWS = ['READ(v->)', '({ struct Z *z = (struct Z *)v; READ(z->); })', '({ void *t = v; struct Z *z = t; READ(z->); })', '({ struct Z z; memcpy(&z, v, 16); READ(z.); })',
         '({ struct Z z = *(struct Z *)v; READ(z.); })', '({ union { struct S a; struct Z b; } u; u.a = *v; READ(u.b.); })', '({ union { struct S a; struct Z b; } *u = (void *)v; READ(u->b.); })',
         '({ struct S c = *v; struct Z *z = (struct Z *)&c; READ(z->); })', 'FUNCTION((void *)v)', 'FUNCTION((struct Z *)v)', '((long (*)(struct S *))FUNCTION)(v)',
         '({ long (*f)(struct S *) = (long (*)(struct S *))FUNCTION; f(v); })', '({ long (*f)(struct Z *) = FUNCTION; ((long (*)(struct S *))f)(v); })', 'VARIADIC(1, v)', 'KNR(v)', '((long *)v)[I]',
         '(long)((void **)v)[I]', '*(long *)((char *)v + 8 * I)', '*((long *)v + I)', 'join(((unsigned *)v)[2 * I], ((unsigned *)v)[2 * I + 1])', '({ struct S *s = v; long **l = (long **)&s; (*l)[I]; })',
         '({ long **l = (long **)&v; (*l)[I]; })', '({ struct Z *z = (struct Z *)((char *)&v->m0 - offsetof(struct Z, m0)); READ(z->); })', '({ struct Z *z = (struct Z *)(word)v; READ(z->); })',
         '({ struct S c; c = *v; long l[2]; memcpy(l, &c, 16); l[I]; })', '({ long l[2]; memcpy(l, &v->m0, sizeof *v); l[I]; })', 'get((char *)v + 8 * I)', '({ struct W { long w[2]; } *w = (struct W *)v; w->w[I]; })',
         'ANYTHING(v)', 'ANYTHING(same_pointer(v))', 'ANYTHING(ITSELF(v))', '({ struct { void *p; } c = {v}; ANYTHING(c.p); })', '({ void *t = v; ANYTHING(*&t); })', '({ void *t; memcpy(&t, &v, 8); ANYTHING(t); })',
         '({ void *t; put_pointer(&t, v); ANYTHING(t); })', '({ void *t = v; t = t + 8 * I; struct M *w = t; w->n; })', '({ void *t = v; t += 8 * I; struct M *w = t; w->n; })',
         '({ void *t = (void *)((word)v + 8 * I); struct M *w = t; w->n; })', '((struct M *)((word)v + 8 * I))->n', '({ word a = (word)v; struct M *w = (struct M *)(a + 8 * I); w->n; })',
         '({ void *t = PART(v); struct M *w = t; w->n; })', '({ void *t = v, *u = PART(t); struct M *w = u; w->n; })', '({ void *t = &v->m0; ANYTHING(t - offsetof(struct S, m0)); })']

HELPERS = {'ANYTHING': 'static long h(void *t) { struct Z *z = t; return READ; }\n', 'ITSELF': 'static void *h(struct S *s) { return s; }\n',
           'PART': 'static void *h(struct S *s) { return &s->mI; }\n', 'FUNCTION': 'static long h(struct Z *z) { return READ; }\n', 'KNR': 'static long h(z) struct Z *z; { return READ; }\n',
           'VARIADIC': 'static long h(int n, ...) { va_list ap; va_start(ap, n); struct Z *z = va_arg(ap, struct Z *); va_end(ap); return READ; }\n'}

def fill(template, **by):
    return re.sub(r'[A-Za-z_]\w*', lambda m: by.get(m.group(), m.group()), template)

def pointer(to):
    return 'struct %s *' % to[0] if to else 'int *'

class Way:
    # What goes on is in the variable v, as a number or not, and points to `to`: None (the int), or (structure, kinds of its
    # slots, slot, what that points to).
    def __init__(self, r, number):
        self.r, self.number, self.n = r, number, 0
        self.types, self.functions, self.body = [], [], '    int x = 7;\n'
        self.v, self.is_number, self.to = self.name('v'), False, None
        self.body += '    int *%s = &x;\n' % self.v
    def name(self, letter):
        self.n += 1
        return '%s%d_%d' % (letter, self.number, self.n)
    def ctype(self):
        return 'long' if self.is_number else pointer(self.to)
    def let(self, is_number, text):
        self.is_number, self.v = is_number, self.name('v')
        self.body += '    %s %s = %s;\n' % (self.ctype(), self.v, text)
    def turned(self):
        return fill(self.r.choice(POINTERS if self.is_number else LONGS), v=self.v, T=pointer(self.to))
    def structure(self, target):
        name, kinds = self.name('S'), [self.r.choice(list(KINDS)) for _ in range(2)]
        slots = [fill(KINDS[k], m='m%d' % i, n_m='nm%d' % i, T=target) for i, k in enumerate(kinds)]
        self.types.append('struct %s { %s };\n' % (name, ' '.join(slots)))
        return name, kinds
    def into(self):
        s, kinds = self.structure(pointer(self.to))
        i, c = self.r.randrange(2), self.name('c')
        allocated = self.r.random() < .25
        write = self.r.choice(ANY_WRITE if self.r.random() < .3 else WRITE[kinds[i]])
        dot = '->' if allocated else '.'
        self.body += '    struct %s %s;\n' % (s, '*%s = new(struct %s)' % (c, s) if allocated else c)
        self.body += '    %s;\n' % fill(write, v=self.v, T=pointer(self.to), PLACE='%s%sm%d' % (c, dot, i), PN='%s%snm%d' % (c, dot, i))
        self.to = s, kinds, i, self.to
        self.let(False, c if allocated else '&' + c)
    def out_of(self):
        s, kinds, i, inner = self.to
        if self.is_number:
            self.let(False, '(%s)%s' % (pointer(self.to), self.v))
        view = self.r.choice(VIEWS)
        z, zkinds = self.to[:2] if view.startswith('READ(v') else self.structure(pointer(inner))
        def read(base):
            return fill(self.r.choice(ANY_READ if self.r.random() < .2 else READ[zkinds[i]]), PLACE='%sm%d' % (base, i), PN='%snm%d' % (base, i))
        for mark, text in HELPERS.items():
            if mark in view:
                h = self.name('h')
                self.functions.append(fill(text, h=h, Z=z, S=s, mI='m%d' % i).replace('READ', read('z->')))
                view = view.replace(mark, h)
        view = re.sub(r'READ\((.*?)\)', lambda m: read(m.group(1)), view)
        view = fill(view, v=self.v, I=str(i), S=s, Z=z, T=pointer(inner))
        self.to = inner
        if self.r.random() < .6:
            self.let(False, '(%s)%s' % (pointer(inner), view))
        else:
            self.let(True, view)
    def ended(self):
        f = self.name('f')
        self.functions.append('static %s %s(void) {\n%s    return %s;\n}\n' % (self.ctype(), f, self.body, self.v))
        return f
    def up(self):
        f, self.body = self.ended(), ''
        self.let(self.is_number, '%s()' % f)
        self.body += '    smash();\n'
    def down(self):
        f, old, before, parameter = self.name('f'), self.v, self.ctype(), self.name('v')
        self.v = parameter
        text, self.is_number = self.turned(), not self.is_number
        self.functions.append('static %s %s(%s %s) {\n    return %s;\n}\n' % (self.ctype(), f, before, parameter, text))
        self.let(self.is_number, '%s(%s)' % (f, old))
    def source(self):
        steps = self.r.randrange(1, 5)
        while steps > 0 or self.to:
            steps -= 1
            k = self.r.randrange(10)
            if k < 2:
                self.let(not self.is_number, self.turned())
            elif k < 4 and steps > 0:
                self.into()
            elif k < 7 and self.to:
                self.out_of()
            elif k < 9:
                self.up()
            else:
                self.down()
        f = self.ended()
        return ''.join(self.types) + ''.join(self.functions), f

def program(seed, ways):
    r = random.Random(seed)
    out, main = [HEAD], []
    for k in range(ways):
        text, f = Way(r, k).source()
        out.append(text)
        main.append('    { int *r = (int *)%s(); smash(); if ((word)r < 4096 || *r != 7) { printf("way %d\\n"); bad = 1; } }\n' % (f, k))
    return ''.join(out) + 'int main(void) {\n    int bad = 0;\n' + ''.join(main) + '    return bad;\n}\n'

def main():
    parser = options_of(__doc__, 20)
    parser.add_argument("--ways", type=int, default=60, help="in each program")
    options, _ = parser.parse_known_args()
    where = tempfile.mkdtemp()
    bad = 0
    for seed in range(options.first, options.first + options.count):
        path = os.path.join(where, "%d.gc" % seed)
        with open(path, "w") as f:
            f.write(program(seed, options.ways))
        for level in ("-O0", "-O2"):
            made = run([options.gocc, "-w", "-fno-strict-aliasing", level, path, "-o", path + ".out"])
            got = made if made[0] else run([path + ".out"])
            if got[0]:
                print("seed", seed, level, "status", got[0], got[1].split("\n")[:5], got[2][:300], "see", path)
                bad += 1
                break
        else:
            os.unlink(path)
        if os.path.exists(path + ".out"):
            os.unlink(path + ".out")
    print("%d programs of %d ways, %d failed" % (options.count, options.ways, bad))
    return bad > 0


sys.exit(main())
