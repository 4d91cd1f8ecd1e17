#!/usr/bin/env python3
"""Random programs that pass pointers around, as pointers and as numbers, compiled twice.

Once by gocc with variables as they are, and once by gcc with each variable, literal and new(T) in memory of its own from malloc, which
is what gocc promises to look like. Their output must agree; a disagreement is told by its seed, and its two programs are kept.
"""
import os
import random
import re
import sys
import tempfile

from programs import options_of, run


HEAD = '''#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct S { int v; int *p; struct S *n; long w; union { int *up; long un; unsigned char ub[8]; unsigned uh[2]; } u; };
struct T { int v; long p; struct S *n; int *w; union { int *up; long un; unsigned char ub[8]; unsigned uh[2]; } u; };
struct W { long w; };
struct P { int *p; };
union U { int *p; long n; unsigned char b[8]; unsigned h[2]; struct W w; double d; };
static int g0 = 11, *g1 = &g0, **g2 = &g1;
static long g3, *g4 = &g3;
static struct S gs = {5, &g0, &gs}, *gp = &gs;
static double gd;
static long sum, fuel = 3000;
static long get(const void *v) { return *(const long *)v; }
static long get_long(const long *v) { return *v; }
static long get_member(const void *v) { const struct T *t = v; return t->p; }
static void put(void *v, long w) { *(long *)v = w; }
static void put_pointer(void *v, int *p) { *(int **)v = p; }
static void copy(void *to, const void *from) { char *t = to; const char *f = from; for (int i = 0; i < 8; i++) t[i] = f[i]; }
static void copy_long(void *to, const void *from) { long *t = to; const long *f = from; *t = *f; }
static long same(long w) { return w; }
static long variable(int n, ...) { __builtin_va_list ap; __builtin_va_start(ap, n); long w = __builtin_va_arg(ap, long); __builtin_va_end(ap); return w; }
__attribute__((noinline)) static void smash(void) { volatile char b[3000]; memset((char *)b, 0x5a, sizeof b); }
static void see(int v) { sum = sum * 31 + v; smash(); }
'''
GC = 'chan(int) unused;\n#define NEW(T) new(T)\n'
PLAIN = '#define NEW(T) ((T *)calloc(1, sizeof(T)))\n'
# A long is the address of an int, too.
TYPES = ['int', 'int *', 'int **', 'struct S', 'struct S *', 'long', 'long *']
GLOBAL = {'int': 'g0', 'int *': 'g1', 'int **': 'g2', 'struct S': 'gs', 'struct S *': 'gp', 'long': 'g3', 'long *': 'g4'}
BASE = {'int *': 'int', 'int **': 'int *', 'struct S *': 'struct S', 'long *': 'long'}
MEMBER = {'int': ['v'], 'int *': ['p', 'u.up'], 'struct S *': ['n'], 'long': ['w', 'u.un']}
# P: an int *, L: a long, PL and LL: places of theirs, PP and LP: pointers to such places, SP: a struct S *. Values of type long:
LONGS = ['(long)P', '*(long *)&PL', '*(long *)PP', '(long)(unsigned long)L', 'get(&PL)', 'get(PP)', 'get_long((long *)&PL)', 'same(L)', 'same((long)P)',
         'variable(1, P)', 'variable(1, L)', '((struct T *)SP)->p', 'get_member(SP)', '((struct W *)&PL)->w', '((union U *)&PL)->n', '((union U){P}).n',
         '(SP)->u.un', '({ long n; memcpy(&n, &PL, 8); n; })', '({ long n; copy(&n, &PL); n; })', '({ long n; copy_long(&n, PP); n; })',
         '({ long n; *(int **)&n = P; n; })', '({ long n; put_pointer(&n, P); n; })', '({ long n[2] = {0, (long)P}; n[1]; })',
         '({ unsigned long w = L; unsigned lo = w, hi = w >> 32; (long)((unsigned long)hi << 32 | lo); })',
         '({ union U a = {P}; (long)((unsigned long)a.h[1] << 32 | a.h[0]); })', '({ struct W a = {(long)P}, b = a; b.w; })',
         '({ union U a, b; a.p = P; b.d = a.d; b.n; })', '({ unsigned long w = L, r = 0; for (int i = 0; i < 8; i++) r |= (unsigned long)(unsigned char)(w >> 8 * i) << 8 * i; (long)r; })',
         '({ union U a; a.p = P; long *q = &a.n; *q; })', '({ struct P a = {P}; ((struct W *)&a)->w; })', '({ int *a[2] = {P, P}; ((long *)a)[1]; })',
         '({ struct S *s = (struct S *)((char *)&(SP)->p - 8); s->w; })', '*(long *)((char *)SP + 8)', '({ double d = (double)(unsigned long)L; (long)d; })']
# Of type int *:
POINTERS = ['(int *)L', '(int *)((unsigned long)P + 0)', '*(int **)&LL', '*(int **)LP', '((struct P *)&LL)->p', '((union U){.n = L}).p', '({ union U u; u.n = L; u.p; })', '(SP)->u.up',
            '({ int *q; memcpy(&q, &LL, 8); q; })', '({ int *q; put(&q, L); q; })', '({ int *q; copy(&q, &LL); q; })', '({ char b[8]; copy(b, &LL); *(int **)b; })',
            '({ char b[8]; *(int **)b = P; *(int **)b; })', '({ union U u; for (int i = 0; i < 8; i++) u.b[i] = (unsigned long)L >> 8 * i; u.p; })',
            '({ unsigned long w = (unsigned long)P | 1; (int *)(w & ~1ul); })', '((struct T *)SP)->w', '({ double d; memcpy(&d, &PL, 8); gd = d; *(int **)&gd; })',
            '({ struct S *s = (struct S *)((char *)&(SP)->w - 24); s->p; })', '(int *)__atomic_load_n(LP, 5)', '({ int *q; __atomic_store_n((long *)&q, L, 5); q; })',
            '({ unsigned long a = (unsigned long)P, b = (unsigned long)&g0, x = a ^ b; (int *)(x ^ b); })']

class Gen:
    def __init__(self, seed, heap):
        self.r, self.heap, self.n = random.Random(seed), heap, 0
    def name(self):
        self.n += 1
        return 'x%d' % self.n
    def use(self, v):
        return '(*%s)' % v if self.heap else v
    def declare(self, t, v, init):
        if self.heap:
            return '%s *%s = malloc(sizeof(%s)); *%s = %s;' % (t, v, t, v, init)
        return '%s %s = %s;' % (t, v, init)
    def var(self, t, env):
        c = [v for v, vt in env if vt == t]
        return self.use(self.r.choice(c)) if c and self.r.random() < .9 else GLOBAL[t]
    def lvalue(self, t, env, d):
        k = self.r.randrange(6)
        if d and k == 0 and t not in ('int **', 'long *'):
            return '(*%s)' % self.expr(t + ' *' if t in ('int', 'struct S', 'long') else t + '*', env, d - 1) if t != 'struct S *' else '(%s)->n' % self.expr('struct S *', env, d - 1)
        if d and k == 1 and t in MEMBER:
            return '(%s)->%s' % (self.expr('struct S *', env, d - 1), self.r.choice(MEMBER[t]))
        if k == 2 and t in MEMBER:
            return '%s.%s' % (self.var('struct S', env), self.r.choice(MEMBER[t]))
        if d and k == 3 and t == 'int *':
            return '*(int **)%s' % self.expr('long *', env, d - 1)
        if d and k == 3 and t == 'long':
            return '*(long *)%s' % self.expr('int **', env, d - 1)
        return self.var(t, env)
    def filled(self, template, env, d):
        made = {'P': lambda: '(%s)' % self.expr('int *', env, d), 'L': lambda: '(%s)' % self.expr('long', env, d),
                'PL': lambda: '(%s)' % self.lvalue('int *', env, d), 'LL': lambda: '(%s)' % self.lvalue('long', env, d),
                'PP': lambda: '(%s)' % self.expr('int **', env, d), 'LP': lambda: '(%s)' % self.expr('long *', env, d),
                'SP': lambda: '(%s)' % self.expr('struct S *', env, d)}
        return re.sub(r'\b(SP|PL|LL|PP|LP|P|L)\b', lambda m: m.group() if template[:m.start()].endswith('struct ') else made[m.group()](), template)
    def record(self, env, d):
        return '(struct S){%s, %s, %s, %s, {%s}}' % tuple(self.expr(t, env, d) for t in ('int', 'int *', 'struct S *', 'long', 'int *'))
    def expr(self, t, env, d):
        if d <= 0:
            return '&' + self.var(BASE[t], env) if t in BASE and self.r.random() < .5 else self.var(t, env)
        if t in ('long', 'int *') and self.r.random() < .45:
            return self.filled(self.r.choice(LONGS if t == 'long' else POINTERS), env, d - 1)
        if t in ('long *', 'int **') and self.r.random() < .25:
            return '(%s)%s%s' % (t, self.r.choice(['', '(void *)']), self.expr('int **' if t == 'long *' else 'long *', env, d - 1))
        k = self.r.randrange(13)
        if t in BASE and k < 3:
            return '&' + self.lvalue(BASE[t], env, d - 1)
        if t in BASE and k == 3:
            b = BASE[t]
            return '({ %s *q = NEW(%s); *q = %s; q; })' % (b, b, self.expr(b, env, d - 1))
        if t in BASE and k == 4:
            v = self.name()
            return '({ %s &%s; })' % (self.declare(BASE[t], v, self.expr(BASE[t], env, d - 1)), self.use(v))
        if k in (5, 6):
            f = self.r.randrange(self.functions)
            if self.sig[f][0] == t:
                return 'f%d(%s)' % (f, ', '.join(self.expr(a, env, d - 1) for a in self.sig[f][1]))
        if k == 7:
            return '(%s & 1 ? %s : %s)' % (self.expr('int', env, d - 1), self.expr(t, env, d - 1), self.expr(t, env, d - 1))
        if t == 'struct S' and k < 8:
            return self.record(env, d - 1)
        if t == 'struct S *' and k == 9:
            init = self.record(env, d - 1)
            return '({ struct S *q = malloc(sizeof *q); *q = %s; q; })' % init if self.heap else '&' + init
        return self.lvalue(t, env, d)
    def block(self, env, d, ret):
        env, out = list(env), []
        for _ in range(self.r.randrange(2, 6)):
            k, t = self.r.randrange(10), self.r.choice(TYPES)
            if k < 3:
                v = self.name()
                out.append(self.declare(t, v, self.expr(t, env, 2)))
                env.append((v, t))
            elif k < 6:
                out.append('%s = %s;' % (self.lvalue(t, env, 2), self.expr(t, env, 2)))
            elif k == 6 and d:
                out.append('{ %s }' % self.block(env, d - 1, ret))
            elif k == 7 and d:
                v = self.name()
                out.append('for (int %s = 0; %s < 3; %s++) { %s }' % (v, v, v, self.block(env, d - 1, ret)))
            elif k == 8 and d:
                out.append('if (%s & 1) { %s } else { %s }' % (self.expr('int', env, 1), self.block(env, d - 1, ret), self.block(env, d - 1, ret)))
            else:
                out.append('see(%s);' % self.expr('int', env, 2))
        return ' '.join(out)
    def program(self):
        self.functions = self.r.randrange(3, 8)
        self.sig = [(self.r.choice(TYPES), [self.r.choice(TYPES) for _ in range(self.r.randrange(1, 4))]) for _ in range(self.functions)]
        out = [HEAD, PLAIN if self.heap else GC]
        for i, (t, ps) in enumerate(self.sig):
            out.append('static %s f%d(%s);\n' % (t, i, ', '.join(ps)))
        for i, (t, ps) in enumerate(self.sig):
            names = [self.name() for _ in ps]
            env = list(zip(names, ps))
            head = ''.join('%s *%s = malloc(sizeof(%s)); *%s = %s_; ' % (p, n, p, n, n) for n, p in env) if self.heap else ''
            out.append('static %s f%d(%s) { %sif (fuel-- <= 0) return %s; %s return %s; }\n' % (
                t, i, ', '.join('%s %s%s' % (p, n, '_' if self.heap else '') for n, p in env), head, GLOBAL[t],
                self.block(env, 2, t), self.expr(t, env, 2)))
        out.append('int main(void) { g3 = (long)&g0; gs.w = g3; gs.u.up = &g0; %s for (int i = 0; i < 5; i++) { %s see(g0); see(*g1); see(**g2); see(gs.v); see(*gp->p); see(gp->n->v); see(*(int *)g3); see(*(int *)*g4); see(*(int *)gp->w); see(*gp->u.up); } printf("%%ld\\n", sum); return 0; }\n' % (
            '', self.block([], 2, 'int')))
        return ''.join(out)

def main():
    parser = options_of(__doc__, 100)
    options, _ = parser.parse_known_args()
    where = tempfile.mkdtemp()
    bad = used = 0
    for seed in range(options.first, options.first + options.count):
        a, b = (os.path.join(where, "%d.%s" % (seed, suffix)) for suffix in ("c", "gc"))
        open(a, "w").write(Gen(seed, True).program())
        open(b, "w").write(Gen(seed, False).program())
        made = run(["gcc", "-w", "-O0", a, "-o", a + ".out"])
        if made[0]:
            print("seed", seed, "the reference does not compile:", made[2][:300])
            return 1
        want = run([a + ".out"])
        if want[0]:
            continue
        used += 1
        wrong = False
        for level in ("-O0", "-O2"):
            made = run([options.gocc, "-w", "-fno-strict-aliasing", level, b, "-o", b + ".out"])
            got = made if made[0] else run([b + ".out"])
            if got[:2] != want[:2]:
                print("seed", seed, level, "wanted", want[:2], "got", got[0], got[1][:80], got[2][:200], "see", b)
                wrong = True
                break
        bad += wrong
        for name in [] if wrong else [a, b]:
            os.unlink(name)
        for name in (a + ".out", b + ".out"):
            if os.path.exists(name):
                os.unlink(name)
    print("%d programs, %d disagree" % (used, bad))
    return bad > 0


sys.exit(main())
