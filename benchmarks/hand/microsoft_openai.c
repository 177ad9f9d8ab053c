/* The deal between Microsoft and OpenAI of deals/microsoft-openai-2024.yaml, written by hand in C.

   Lanes stand side by side, in groups of 16: a group is one future of each of 16 views. What a view settles is worked out
   once for all its futures, 16 views at a time; the rest goes through the months with four groups at a time. Every inner
   loop is one of vectors, what goes on in the lanes stays in the first cache, draws and what views settle in the second. The
   draws are prenup's: Sobol points shuffled and scrambled by name, the inverse normal AS 241, normal numbers of Box and Muller,
   a Brownian bridge. Time is in months from 0, rates are a year, money is in billions of dollars until it is handed back. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __AVX512VL__
#include <immintrin.h>
#endif

enum { MONTHS = 122, LOW = 4, VIEWS = 1 << LOW, GROUPS = 4, LANES = VIEWS * GROUPS };

/* In the order of UNKNOWNS, SHOCKS and CHANCES in microsoft_openai.py. */
enum {
    MICROSOFT_DISCOUNT, OPENAI_DISCOUNT, NONPROFIT_DISCOUNT, INVESTORS_DISCOUNT, RESTRUCTURED_PROBABILITY, AGI_RATE,
    LEADERS_RATE, CONTRACT_DATE, AGI_SHIFT, LEADERS_SCALE, REVENUE_GROWTH, REVENUE_LONG_RUN, REVENUE_HALF_LIFE,
    REVENUE_VOLATILITY, REVENUE_START, PRICE_DRIFT, TRAINING_GROWTH, TRAINING_START, STAFF_GROWTH, STAFF_START,
    AZURE_GROWTH, AZURE_START, COPILOTS_GROWTH, COPILOTS_START, EXCLUSIVITY, ELSEWHERE_PRICE, ASKS_BACK, STRAIN,
    TRAINING_2024, TRAINING_LIMIT, LIST_PRICE, OTHER_COSTS, UNDRAWN, PART_IN_CREDITS, CREDITS_ON_HAND, BILL_IN_CREDITS,
    SERVING_COST, SHARE_TO_MICROSOFT, SHARE_TO_OPENAI, DEPENDENCE, AZURE_MARGIN, COPILOT_MARGIN, N_UNKNOWNS
};
enum { REVENUE, PRICE, AZURE, COPILOTS, N_SHOCKS };
enum { RESTRUCTURED, INVESTORS_WAIT, AGI, LEADERS, DIVORCE, N_CHANCES };
enum { MICROSOFT, OPENAI, NONPROFIT, INVESTORS, N_PARTIES };

static const double NEVER = 10000.0, Z95 = 1.6448536269514722;
static const double PRICE_VOLATILITY = 0.12, PRODUCT_VOLATILITY = 0.25;
enum { ROUND_DEADLINE = 23, AGI_FROM = 14, AGI_LASTS = 36, LEADERS_LAST = 12, NOTICE = 6, N_TRANCHES = 3 };
static const int TRANCHE_MONTHS[N_TRANCHES] = {1, 7, 13};
static const double RESTRUCTURING_FIRST = 739311.0, RESTRUCTURING_LAST = 739981.0;
static const double AZURE_SHARE = 0.0, DISCOUNTED_PRICE = 1.30, INFERENCE_PER_REVENUE = 4.0 / 3.7;
static const double ROUND_OF_OTHERS = 6.6 - 0.75, ROUND_OF_MICROSOFT = 0.75;
static const double TIER_1 = 13 / 0.75, TIER_2 = 13 / 0.75 + (92 - 13) / 0.49;

/* ── draws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────── */

/* EVEN: draws of a Brownian path that are Sobol points. */
enum { SHUFFLE = 1, SCRAMBLE = 2, COUNT = 3, DIMENSIONS = 32, EVEN = 16, BITS = 32 };
enum { TOGETHER = 8, MOST_DRAWS = N_UNKNOWNS * VIEWS };  /* dimensions at a time; the second is no less than TOGETHER * LANES */
static const uint64_t GOLDEN = 0x9E3779B97F4A7C15u;

static inline uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static uint64_t key_of(uint64_t stream, uint64_t purpose, uint64_t randomisation, uint64_t dimension) {
    uint64_t by_randomisation = mix(mix(stream + GOLDEN * purpose) + GOLDEN * (randomisation + 1));
    return mix(by_randomisation + GOLDEN * (dimension + 1));
}

/* The keys of a randomisation: of a stream of single draws, of one of a draw a month, of all. */
typedef struct { uint64_t order, flips; } Key;
typedef struct { uint64_t order, flips[MONTHS]; } Keys;
typedef struct { Key unknowns[N_UNKNOWNS], chances[N_CHANCES]; Keys shocks[N_SHOCKS]; } AllKeys;

static void make_keys(const uint64_t *streams, int randomisation, AllKeys *keys) {
    for (int k = 0; k < N_UNKNOWNS + N_CHANCES; k++) {
        uint64_t stream = streams[k < N_UNKNOWNS ? k : k + N_SHOCKS];
        Key key = {key_of(stream, SHUFFLE, randomisation, 0), key_of(stream, SCRAMBLE, randomisation, 0)};
        *(k < N_UNKNOWNS ? &keys->unknowns[k] : &keys->chances[k - N_UNKNOWNS]) = key;
    }
    for (int k = 0; k < N_SHOCKS; k++) {
        uint64_t stream = streams[N_UNKNOWNS + k];
        keys->shocks[k].order = key_of(stream, SHUFFLE, randomisation, 0);
        for (int d = 0; d < MONTHS; d++)
            keys->shocks[k].flips[d] = key_of(stream, d < EVEN ? SCRAMBLE : COUNT, randomisation, d);
    }
}

static inline uint32_t reverse(uint32_t x) {
    x = __builtin_bswap32(x);
    x = (x >> 4 & 0x0F0F0F0Fu) | (x & 0x0F0F0F0Fu) << 4;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    return (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
}

/* Owen scrambling of a number that has its bits reversed, but for reversing them back. */
static inline uint32_t hash(uint32_t x, uint64_t key) {
    uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
    x ^= x * 0x3D20ADEAu;
    x = (x + low) * (high | 1);
    x ^= x * 0x05526C56u;
    x = (x + (low >> 16 | low << 16)) * ((high >> 16 | high << 16) | 1);
    return x ^ x * 0x53A22864u;
}

static inline double even(uint32_t bits) { return (bits + 0.5) * 0x1p-32; }

/* The first dimension of the sequence is the index with its bits reversed: it needs no direction numbers. */
static void uniforms(Key key, const uint32_t *reversed, int n, double *restrict u) {
    for (int i = 0; i < n; i++) u[i] = even(reverse(hash(reverse(hash(reversed[i], key.order)), key.flips)));
}

static inline double ratio(const double c[2][8], double x) {
    double top = c[0][0], bottom = c[1][0];
    for (int i = 1; i < 8; i++) {
        top = top * x + c[0][i];
        bottom = bottom * x + c[1][i];
    }
    return top / bottom;
}

static const double MIDDLE_RATIO[2][8] = {
    {2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
     1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0},
    {5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
     5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0}};
static const double TAIL_RATIO[2][8] = {
    {7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
     3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0},
    {1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
     6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0}};
static const double FAR_RATIO[2][8] = {
    {2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
     2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0},
    {2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0}};

/* exp and log for vectors, to a unit or two of the last place where the answer is an ordinary number. Calls of libm's own take
   twice as long. */
static inline double exp_of(double x) {
    static const double C[12] = {
        2.5114870219497476e-08, 2.7632640675430235e-07, 2.755722495611072e-06, 2.480148547921643e-05,
        0.00019841269909219843, 0.0013888888952318045, 0.008333333333309526, 0.04166666666648808,
        0.16666666666666702, 0.5000000000000019, 1.0, 1.0};
    double doublings = rint(x * 1.4426950408889634), rest = x - doublings * 0.6931471805599453, y = C[0];
    for (int i = 1; i < 12; i++) y = y * rest + C[i];
    int64_t bits;
    memcpy(&bits, &y, sizeof bits);
    bits += (int64_t)doublings * ((int64_t)1 << 52);
    memcpy(&y, &bits, sizeof bits);
    return y;
}

static inline double log_of(double x) {
    static const double C[7] = {0.1479819860511658591, 0.1531383769920937332, 0.1818357216161805012, 0.2222219843214978396,
                                0.2857142874366239149, 0.3999999999940941908, 0.6666666666666735130};
    int64_t bits, half = 0x3FE6A09E667F3BCD;  /* the root of a half: what is left is near 1 */
    memcpy(&bits, &x, sizeof bits);
    int64_t doublings = (bits - half) >> 52;
    bits -= doublings * ((int64_t)1 << 52);
    memcpy(&x, &bits, sizeof bits);
    double s = (x - 1) / (x + 1), w = s * s, y = C[0];
    for (int i = 1; i < 7; i++) y = y * w + C[i];
    return doublings * 0.6931471805599453 + (2 * s + s * w * y);
}

/* Two normal numbers from random bits: the sides of a triangle of random size and angle. The angle is some quarters of a turn
   and at most an eighth besides, for which the polynomials are. */
static inline void normal_pair(uint64_t bits, double *first, double *second) {
    static const double SINE[7] = {3.7808689593022957, -15.093804209987114, 42.058685020160894, -76.70585970427454,
                                   81.60524927594804, -41.341702240399634, 6.283185307179586};
    static const double COSINE[7] = {7.810290968144191, -26.42425703488269, 60.24462008593029, -85.45681709034115,
                                     64.93939402236538, -19.73920880217842, 1.0};
    double size = sqrt(-2 * log_of((double)(bits >> 32) * 0x1p-32 + 0x1p-33));
    uint64_t turned = bits + (1u << 29), odd = turned & 1u << 30;
    double rest = (double)(turned & ((1u << 30) - 1)) * 0x1p-32 + (0x1p-33 - 0x1p-3), square = rest * rest;
    double sine = SINE[0], cosine = COSINE[0];
    for (int i = 1; i < 7; i++) {
        sine = sine * square + SINE[i];
        cosine = cosine * square + COSINE[i];
    }
    sine *= rest;
    double a = size * (odd ? sine : cosine), b = size * (odd ? cosine : sine);
    uint64_t a_bits, b_bits, sign = (uint64_t)1 << 63;
    memcpy(&a_bits, &a, sizeof a);
    memcpy(&b_bits, &b, sizeof b);
    a_bits ^= (turned ^ turned << 1) << 32 & sign;
    b_bits ^= turned << 32 & sign;
    memcpy(first, &a_bits, sizeof a);
    memcpy(second, &b_bits, sizeof b);
}

/* Takes the u in the tails aside, and their places; returns how many there are. n is a multiple of 8. gcc makes no vectors of
   a loop that packs, hence the intrinsics where the machine has them. */
static int take_tails(const double *restrict u, int n, double *restrict tail, int32_t *restrict where) {
    int n_tails = 0;
#ifdef __AVX512VL__
    __m256i places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (int i = 0; i < n; i += 8) {
        __m512d some = _mm512_loadu_pd(u + i), offset = _mm512_abs_pd(_mm512_sub_pd(some, _mm512_set1_pd(0.5)));
        __mmask8 is_tail = _mm512_cmp_pd_mask(offset, _mm512_set1_pd(0.425), _CMP_GT_OQ);
        _mm512_storeu_pd(tail + n_tails, _mm512_maskz_compress_pd(is_tail, some));
        _mm256_storeu_si256((void *)(where + n_tails), _mm256_maskz_compress_epi32(is_tail, places));
        n_tails += __builtin_popcount(is_tail);
        places = _mm256_add_epi32(places, _mm256_set1_epi32(8));
    }
#else
    for (int i = 0; i < n; i++) {
        tail[n_tails] = u[i], where[n_tails] = i;
        n_tails += fabs(u[i] - 0.5) > 0.425;
    }
#endif
    return n_tails;
}

/* The inverse normal of u in place, n a multiple of 8. The tails, about one in seven, are taken aside; all are worked out as
   if they were in the middle, and then the tails in their own way. */
static void inverse_normal(double *restrict u, int n) {
    _Alignas(64) double tail[MOST_DRAWS + 8], far[MOST_DRAWS + 8], furthest = 0;
    _Alignas(64) int32_t where[MOST_DRAWS + 8];
    int n_tails = take_tails(u, n, tail, where), whole = (n_tails + 7) & ~7;
    for (int i = 0; i < 8; i++) tail[n_tails + i] = 0.01;  /* whole vectors only */
    for (int i = 0; i < n; i++) {
        double offset = u[i] - 0.5;
        u[i] = ratio(MIDDLE_RATIO, 0.425 * 0.425 - offset * offset) * offset;
    }
    for (int i = 0; i < whole; i++) {
        double offset = tail[i] - 0.5, r = sqrt(-log_of(0.5 - fabs(offset)));
        tail[i] = copysign(ratio(TAIL_RATIO, r - 1.6), offset);
        far[i] = r;
        furthest = fmax(furthest, r);
    }
    if (furthest > 5.0)
        for (int i = 0; i < n_tails; i++)
            if (far[i] > 5.0) tail[i] = copysign(ratio(FAR_RATIO, far[i] - 5.0), tail[i]);
    for (int i = 0; i < n_tails; i++) u[where[i]] = tail[i];
}

/* A stretch of months from `first` to `end`: where a path is at `middle`. */
typedef struct { int first, middle, end; double share, spread; } Split;

/* What holds for all draws: the plan of the bridge, the direction numbers with their bits reversed, the unknowns' halves. */
typedef struct {
    Split splits[MONTHS];
    uint32_t directions[BITS][DIMENSIONS];
    struct { double middle, below, above; int positive; } ranges[N_UNKNOWNS];
    double left[3][MONTHS];     /* of a distance that halves every 13, 16 or 18 months */
    const double *month_ends;
} Fixed;

static void prepare(const uint32_t *directions, const double *ranges, const double *month_ends, Fixed *fixed) {
    int waiting[2 * MONTHS][2] = {{0, MONTHS}}, n_waiting = 1, n = 1;
    for (int i = 0; i < n_waiting; i++) {
        int first = waiting[i][0], end = waiting[i][1], middle = (first + end) / 2;
        if (end - first < 2) continue;
        double earlier = middle - first, later = end - middle, whole = end - first;
        fixed->splits[n++] = (Split){first, middle, end, earlier / whole, sqrt(earlier * later / whole)};
        waiting[n_waiting][0] = first, waiting[n_waiting++][1] = middle;
        waiting[n_waiting][0] = middle, waiting[n_waiting++][1] = end;
    }
    for (int b = 0; b < BITS; b++)
        for (int d = 0; d < DIMENSIONS; d++) fixed->directions[b][d] = reverse(directions[b * DIMENSIONS + d]);
    for (int k = 0; k < N_UNKNOWNS; k++) {
        double low = ranges[3 * k], middle = ranges[3 * k + 1], high = ranges[3 * k + 2];
        fixed->ranges[k].middle = middle;
        fixed->ranges[k].positive = low > 0;
        fixed->ranges[k].below = (low > 0 ? log(middle / low) : middle - low) / Z95;
        fixed->ranges[k].above = (low > 0 ? log(high / middle) : high - middle) / Z95;
    }
    for (int t = 0; t < MONTHS; t++) {
        fixed->left[0][t] = exp2(-t / 13.0);
        fixed->left[1][t] = exp2(-t / 16.0);
        fixed->left[2][t] = exp2(-t / 18.0);
    }
    fixed->month_ends = month_ends;
}

/* The futures of some lanes. A group of lanes is 16 points of the sequence, one after another from a multiple of 16. */
typedef struct {
    uint32_t reversed[LANES];                        /* the points with their bits reversed */
    uint64_t steps[LANES];                           /* golden steps of the counters */
    double at[N_SHOCKS][MONTHS + 1][LANES];          /* the sum of a standard normal a month, before each month */
    double asked[LANES], waits[LANES];               /* uniforms */
    double agi[LANES], leaders[LANES], divorce[LANES];               /* 12 times the hazards that have to add up */
} Futures;

/* A point is linear in the bits of its index, and those above the lowest four are the same in all of a group: `base` is what
   they give, `low` has a mask for each of the others. */
static void even_uniforms(const Keys *keys, const Fixed *fixed, int n_groups, int first, int last,
                          const uint32_t base[GROUPS][EVEN], const uint32_t low[LOW][LANES], double *restrict u) {
    for (int d = first; d < last; d++)
        for (int g = 0; g < n_groups; g++, u += VIEWS)
            for (int i = 0; i < VIEWS; i++) {
                uint32_t bits = base[g][d];
                for (int b = 0; b < LOW; b++) bits ^= fixed->directions[b][d] & low[b][g * VIEWS + i];
                u[i] = even(reverse(hash(bits, keys->flips[d])));
            }
}

/* What the d-th normal numbers settle. */
static inline void split(const Fixed *fixed, int d, int n, const double *restrict z, double at[MONTHS + 1][LANES]) {
    if (d == 0) {
        for (int i = 0; i < n; i++) at[0][i] = 0, at[MONTHS][i] = sqrt(MONTHS) * z[i];
        return;
    }
    Split s = fixed->splits[d];
    const double *before = at[s.first], *after = at[s.end];
    double *restrict middle = at[s.middle];
    for (int i = 0; i < n; i++) middle[i] = before[i] + s.share * (after[i] - before[i]) + s.spread * z[i];
}

static void brownian(const Keys *keys, const Fixed *fixed, const Futures *f, int n_groups, double at[MONTHS + 1][LANES]) {
    _Alignas(64) double draws[TOGETHER * LANES], more[LANES];
    uint32_t base[GROUPS][EVEN] = {0}, order[LANES], low[LOW][LANES];
    int n = n_groups * VIEWS;
    for (int i = 0; i < n; i++) order[i] = reverse(hash(f->reversed[i], keys->order));
    for (int g = 0; g < n_groups; g++)
        for (int b = LOW; b < BITS; b++)
            for (int d = 0; d < EVEN; d++) base[g][d] ^= fixed->directions[b][d] & -(order[g * VIEWS] >> b & 1);
    for (int b = 0; b < LOW; b++)
        for (int i = 0; i < n; i++) low[b][i] = -(order[i] >> b & 1);
    for (int first = 0; first < EVEN; first += TOGETHER) {
        even_uniforms(keys, fixed, n_groups, first, first + TOGETHER, base, low, draws);
        inverse_normal(draws, TOGETHER * n);
        for (int d = 0; d < TOGETHER; d++) split(fixed, first + d, n, draws + d * n, at);
    }
    for (int d = EVEN; d < MONTHS; d += 2) {
        uint64_t key = keys->flips[d];
        for (int i = 0; i < n; i++) normal_pair(mix(key + f->steps[i]), draws + i, more + i);
        split(fixed, d, n, draws, at);
        split(fixed, d + 1, n, more, at);
    }
}

/* Group g of the lanes is the points from first + g * stride. */
static void draw_futures(const AllKeys *keys, const Fixed *fixed, uint32_t first, uint32_t stride, int n_groups, Futures *f) {
    int n = n_groups * VIEWS;
    for (int g = 0; g < n_groups; g++)
        for (int i = 0; i < VIEWS; i++) {
            uint32_t point = first + g * stride + i;
            f->reversed[g * VIEWS + i] = reverse(point);
            f->steps[g * VIEWS + i] = point * GOLDEN;
        }
    for (int k = 0; k < N_SHOCKS; k++) brownian(&keys->shocks[k], fixed, f, n_groups, f->at[k]);
    uniforms(keys->chances[RESTRUCTURED], f->reversed, n, f->asked);
    uniforms(keys->chances[INVESTORS_WAIT], f->reversed, n, f->waits);
    uniforms(keys->chances[AGI], f->reversed, n, f->agi);
    uniforms(keys->chances[LEADERS], f->reversed, n, f->leaders);
    uniforms(keys->chances[DIVORCE], f->reversed, n, f->divorce);
    for (int i = 0; i < n; i++) {
        f->agi[i] = -12 * log_of(1 - f->agi[i]);
        f->leaders[i] = -12 * log_of(1 - f->leaders[i]);
        f->divorce[i] = -12 * log_of(1 - f->divorce[i]);
    }
}

/* ── views ─────────────────────────────────────────────────────────────────────────────────────────────────────────────── */

/* What 16 views settle for all their futures. */
typedef struct {
    double u[N_UNKNOWNS][VIEWS];
    double volatility[VIEWS], drift[VIEWS], limit[VIEWS], trained_2024[VIEWS], bought[VIEWS], elsewhere[VIEWS], keeps[VIEWS];
    double azure_worth[VIEWS], copilots_worth[VIEWS], grant[VIEWS], cash[VIEWS];
    double contract[VIEWS];                          /* the month in which the contract runs out */
    double growth[4][MONTHS][VIEWS];                 /* of revenue in a month: plain, leaders missing, after AGI, both */
    double training[MONTHS][VIEWS], staff[MONTHS][VIEWS];            /* a month's amounts */
    double azure[MONTHS][VIEWS], copilots[MONTHS][VIEWS];            /* logarithms of a month's amounts */
    double discount[N_PARTIES][MONTHS][VIEWS];
    double later[N_PARTIES][VIEWS];                  /* the part that money loses in a month */
} Views;

/* A level whose yearly growth falls from `growth` to `long_run`, `left` being how much of the way is left in each month: its
   amounts, or the logarithms of these with a drift. */
static inline void levels(const double *start, const double *growth, double long_run, const double *left, int logarithms,
                          double drift, double level[MONTHS][VIEWS]) {
    for (int i = 0; i < VIEWS; i++) level[0][i] = logarithms ? log_of(start[i] / 12e9) : start[i] / 12e9;
    for (int t = 1; t < MONTHS; t++)
        for (int i = 0; i < VIEWS; i++) {
            double step = log_of(1 + long_run + (growth[i] - long_run) * left[t]) / 12 + drift;
            level[t][i] = logarithms ? level[t - 1][i] + step : level[t - 1][i] * exp_of(step);
        }
}

static void settle_months(const Fixed *fixed, Views *v) {
    double (*u)[VIEWS] = v->u, fall[VIEWS], left[VIEWS], down[VIEWS], swing = -PRODUCT_VOLATILITY * PRODUCT_VOLATILITY / 24;
    for (int i = 0; i < VIEWS; i++) {
        fall[i] = exp_of(log(0.5) / (12 * u[REVENUE_HALF_LIFE][i]));
        left[i] = u[REVENUE_GROWTH][i] - u[REVENUE_LONG_RUN][i];
        down[i] = -u[REVENUE_VOLATILITY][i] * u[REVENUE_VOLATILITY][i] / 24;
    }
    memset(v->growth, 0, sizeof v->growth);
    for (int t = 1; t < MONTHS; t++)
        for (int i = 0; i < VIEWS; i++) {
            left[i] *= fall[i];
            double plain = u[REVENUE_LONG_RUN][i] + left[i], agi = plain + u[AGI_SHIFT][i];
            v->growth[0][t][i] = log_of(1 + plain) / 12 + down[i];
            v->growth[1][t][i] = log_of(1 + plain * u[LEADERS_SCALE][i]) / 12 + down[i];
            v->growth[2][t][i] = log_of(1 + agi) / 12 + down[i];
            v->growth[3][t][i] = log_of(1 + agi * u[LEADERS_SCALE][i]) / 12 + down[i];
        }
    levels(u[TRAINING_START], u[TRAINING_GROWTH], 0.03, fixed->left[0], 0, 0, v->training);
    levels(u[STAFF_START], u[STAFF_GROWTH], 0.06, fixed->left[1], 0, 0, v->staff);
    levels(u[AZURE_START], u[AZURE_GROWTH], 0.08, fixed->left[2], 1, swing, v->azure);
    levels(u[COPILOTS_START], u[COPILOTS_GROWTH], 0.07, fixed->left[2], 1, swing, v->copilots);
    for (int party = 0; party < N_PARTIES; party++) {
        double (*discount)[VIEWS] = v->discount[party], factor[VIEWS];
        for (int i = 0; i < VIEWS; i++) {
            discount[0][i] = factor[i] = exp_of(log_of(1 + u[MICROSOFT_DISCOUNT + party][i]) / -12);
            v->later[party][i] = 1 - factor[i];
        }
        for (int t = 1; t < MONTHS; t++)
            for (int i = 0; i < VIEWS; i++) discount[t][i] = discount[t - 1][i] * factor[i];
    }
}

static void settle(const Fixed *fixed, Views *v) {
    double (*u)[VIEWS] = v->u, contract[VIEWS] = {0};
    for (int i = 0; i < VIEWS; i++) {
        u[RESTRUCTURED_PROBABILITY][i] = fmin(u[RESTRUCTURED_PROBABILITY][i], 1.0);
        u[REVENUE_VOLATILITY][i] = fmin(u[REVENUE_VOLATILITY][i], 1.0);
        v->volatility[i] = u[REVENUE_VOLATILITY][i] * sqrt(1.0 / 12);
        v->drift[i] = u[PRICE_DRIFT][i] / 12 - PRICE_VOLATILITY * PRICE_VOLATILITY / 24;
        v->limit[i] = u[TRAINING_LIMIT][i];
        v->trained_2024[i] = u[TRAINING_2024][i] / 12e9;
        v->bought[i] = fmax(AZURE_SHARE, fmin(u[EXCLUSIVITY][i], 1.0));
        v->elsewhere[i] = u[ELSEWHERE_PRICE][i] * u[LIST_PRICE][i] / DISCOUNTED_PRICE;
        v->keeps[i] = 1 - u[OTHER_COSTS][i];
        v->azure_worth[i] = u[DEPENDENCE][i] * u[AZURE_MARGIN][i];
        v->copilots_worth[i] = u[DEPENDENCE][i] * u[COPILOT_MARGIN][i];
        v->grant[i] = u[UNDRAWN][i] * u[PART_IN_CREDITS][i] / (N_TRANCHES * 1e9);
        v->cash[i] = fmax(u[UNDRAWN][i] * (1 - u[PART_IN_CREDITS][i]) / (N_TRANCHES * 1e9), 0.0);
    }
    for (int t = 0; t < MONTHS; t++)
        for (int i = 0; i < VIEWS; i++) contract[i] += fixed->month_ends[t] < u[CONTRACT_DATE][i];
    memcpy(v->contract, contract, sizeof contract);
    settle_months(fixed, v);
}

/* Views from `first` on, or all of fewer than 16 again and again. */
static void draw_views(const AllKeys *keys, const Fixed *fixed, uint32_t first, int n_views, Views *v) {
    uint32_t reversed[VIEWS];
    for (int i = 0; i < VIEWS; i++) reversed[i] = reverse(first + (n_views < VIEWS ? i % n_views : i));
    for (int k = 0; k < N_UNKNOWNS; k++) uniforms(keys->unknowns[k], reversed, VIEWS, v->u[k]);
    inverse_normal(v->u[0], N_UNKNOWNS * VIEWS);
    for (int k = 0; k < N_UNKNOWNS; k++) {
        double *z = v->u[k], middle = fixed->ranges[k].middle, below = fixed->ranges[k].below, above = fixed->ranges[k].above;
        if (fixed->ranges[k].positive)
            for (int i = 0; i < VIEWS; i++) z[i] = middle * exp_of(z[i] * (z[i] < 0 ? below : above));
        else
            for (int i = 0; i < VIEWS; i++) z[i] = middle + z[i] * (z[i] < 0 ? below : above);
    }
    settle(fixed, v);
}

/* ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────────── */

/* What goes on in the lanes: the months in which things happen and whether the round is repaid, and the state of a month. */
typedef struct {
    double leaders[LANES], agi[LANES], last_at_azure[LANES], last_shared[LANES], repaid[LANES];
    double sales[LANES], price[LANES], azure[LANES], copilots[LANES], at_azure[LANES], shares[LANES];
    double credits[LANES], profit[LANES], shared[LANES];
} Lanes;

static void begin(const Views *v, const Futures *f, double deadline_day, int n_groups, Lanes *l) {
    double length = RESTRUCTURING_LAST - RESTRUCTURING_FIRST;
    for (int g = 0; g < n_groups; g++)
        for (int i = 0, j = g * VIEWS; i < VIEWS; i++, j++) {
            double probability = v->u[RESTRUCTURED_PROBABILITY][i];
            double day = RESTRUCTURING_FIRST + length * (f->asked[j] / fmax(probability, 1e-12));
            int in_time = (f->asked[j] < probability) & (day <= deadline_day);
            int repaid = !in_time & (f->waits[j] >= 1 - v->u[ASKS_BACK][i]);
            double agi = AGI_FROM - 1 + ceil(f->agi[j] / v->u[AGI_RATE][i]);
            double leaders = ceil(f->leaders[j] / v->u[LEADERS_RATE][i]) - 1;
            /* The strain doubles when the leaders leave and again when the round is repaid. */
            double needed = ceil(f->divorce[j] / v->u[STRAIN][i]);
            double deadline = repaid ? (double)ROUND_DEADLINE : NEVER;
            double once = fmin(leaders, deadline), twice = fmax(leaders, deadline);
            double after_once = needed - once, after_twice = after_once - 2 * (twice - once);
            double doubled = after_twice <= 0 ? once + ceil(after_once / 2) : twice + ceil(after_twice / 4);
            double divorce = (after_once <= 0 ? needed : doubled) - 1;
            l->agi[j] = agi;
            l->leaders[j] = leaders;
            l->last_at_azure[j] = divorce + NOTICE;
            l->last_shared[j] = fmin(fmin(agi, v->contract[i]), divorce + NOTICE);
            l->repaid[j] = repaid;
            l->sales[j] = v->u[REVENUE_START][i] / 12e9;
            l->credits[j] = v->u[CREDITS_ON_HAND][i] / 1e9;
            l->profit[j] = l->shared[j] = 0;
        }
}

/* Revenue, the price of computing and the sales of Microsoft's products in month t; what of the agreement still holds. */
static inline void advance(int t, const Views *restrict v, const Futures *restrict f, int n_groups, Lanes *restrict l) {
    double own = sqrt(1 - 0.4 * 0.4), with_azure = (0.5 - 0.4 * 0.3) / own;
    double own_too = sqrt(1 - 0.3 * 0.3 - with_azure * with_azure), root = sqrt(1.0 / 12), now = t, growth[LANES];
    const double (*revenue)[LANES] = f->at[REVENUE], (*price)[LANES] = f->at[PRICE];
    const double (*azure)[LANES] = f->at[AZURE], (*copilots)[LANES] = f->at[COPILOTS];
    /* Conditions have loops of their own: gcc makes branches of conditions among arithmetic, and no vectors of branches. */
    for (int g = 0; g < n_groups; g++)
        for (int i = 0, j = g * VIEWS; i < VIEWS; i++, j++) {
            int gone = (l->leaders[j] <= now) & (now < l->leaders[j] + LEADERS_LAST);
            int agi = (l->agi[j] <= now) & (now < l->agi[j] + AGI_LASTS);
            double before = gone ? v->growth[1][t][i] : v->growth[0][t][i];
            double after = gone ? v->growth[3][t][i] : v->growth[2][t][i];
            growth[j] = agi ? after : before;
        }
    for (int j = 0; j < n_groups * VIEWS; j++) {
        l->at_azure[j] = now <= l->last_at_azure[j] ? 1.0 : 0.0;
        l->shares[j] = now <= l->last_shared[j] ? 1.0 : 0.0;
    }
    for (int g = 0; g < n_groups; g++)
        for (int i = 0, j = g * VIEWS; i < VIEWS; i++, j++) {
            /* Nothing moves in the first month. */
            double shock = revenue[t + 1][j] - revenue[t > 0 ? t : 1][j], first = revenue[t + 1][j] - revenue[1][j];
            double second = azure[t + 1][j] - azure[1][j], third = copilots[t + 1][j] - copilots[1][j];
            l->sales[j] *= exp_of(growth[j] + v->volatility[i] * shock);
            l->price[j] = exp_of(now * v->drift[i] + PRICE_VOLATILITY * root * (price[t + 1][j] - price[1][j]));
            l->azure[j] = exp_of(v->azure[t][i] + PRODUCT_VOLATILITY * root * (0.4 * first + own * second));
            l->copilots[j] = exp_of(v->copilots[t][i]
                                    + PRODUCT_VOLATILITY * root * (0.3 * first + with_azure * second + own_too * third));
        }
}

/* What changes hands in month t. Of the profits shared, each month pays what they are in all less what they were the month
   before. Paying all of it each month, at what discounting takes off in a month, comes to the same: but for the last month,
   which `end` sees to. What is the same for all months of the non-profit and the investors is left to it too. */
static inline void pay(int t, const Views *restrict v, int n_groups, Lanes *restrict l, double out[restrict N_PARTIES][LANES]) {
    if (t == TRANCHE_MONTHS[0] || t == TRANCHE_MONTHS[1] || t == TRANCHE_MONTHS[2])
        for (int j = 0; j < n_groups * VIEWS; j++) l->credits[j] += v->grant[j % VIEWS] * l->at_azure[j];
    for (int g = 0; g < n_groups; g++)
        for (int i = 0, j = g * VIEWS; i < VIEWS; i++, j++) {
            double sales = l->sales[j], trained = fmin(v->training[t][i], fmax(v->trained_2024[i], v->limit[i] * sales));
            double computing = INFERENCE_PER_REVENUE * sales * l->price[j] + trained;
            double bill = computing * v->bought[i] * l->at_azure[j];
            double other_bill = (computing - bill) * v->elsewhere[i];
            double drawn = fmin(bill * v->u[BILL_IN_CREDITS][i], l->credits[j]);
            l->credits[j] -= drawn;
            double paid = fmax(bill - drawn, 0.0);

            double worth = (v->azure_worth[i] * l->azure[j] + v->copilots_worth[i] * l->copilots[j]) * l->shares[j];
            double due = (v->u[SHARE_TO_MICROSOFT][i] * sales - v->u[SHARE_TO_OPENAI][i] * l->azure[j]) * l->shares[j];
            double earned = v->keeps[i] * sales - v->staff[t][i] - due - other_bill;

            /* Losses are made good first: what is shared in all is the highest that profits have been. */
            l->profit[j] += earned - bill;
            double shared = l->shared[j] = fmax(l->shared[j], l->profit[j]);
            double tier_1 = fmin(shared, TIER_1), tier_2 = fmin(shared, TIER_2) - tier_1;
            double to_microsoft = v->later[MICROSOFT][i] * (0.75 * tier_1 + 0.49 * tier_2);
            double by_openai = v->later[OPENAI][i] * (shared - 0.25 * tier_1);
            double served = v->u[SERVING_COST][i] * bill;
            out[MICROSOFT][j] += v->discount[MICROSOFT][t][i] * (paid - served + due + worth + to_microsoft);
            out[OPENAI][j] += v->discount[OPENAI][t][i] * (earned - paid - by_openai);
            out[NONPROFIT][j] += v->discount[NONPROFIT][t][i] * (shared - tier_1 - 0.98 * tier_2);
            out[INVESTORS][j] += v->discount[INVESTORS][t][i] * tier_2;
        }
}

/* What is left of the profits shared, and what falls on single days. */
static void end(const Views *v, const Lanes *l, int n_groups, double out[N_PARTIES][LANES]) {
    for (int g = 0; g < n_groups; g++)
        for (int i = 0, j = g * VIEWS; i < VIEWS; i++, j++) {
            double last[N_PARTIES], round[N_PARTIES], shared = l->shared[j];
            double tier_1 = fmin(shared, TIER_1), tier_2 = fmin(shared, TIER_2) - tier_1;
            for (int party = 0; party < N_PARTIES; party++) {
                last[party] = (1 - v->later[party][i]) * v->discount[party][MONTHS - 1][i];
                round[party] = v->discount[party][ROUND_DEADLINE][i] * l->repaid[j];
            }
            double microsoft = out[MICROSOFT][j] + last[MICROSOFT] * (0.75 * tier_1 + 0.49 * tier_2);
            double openai = out[OPENAI][j] - last[OPENAI] * (shared - 0.25 * tier_1);
            double nonprofit = v->later[NONPROFIT][i] * out[NONPROFIT][j] + last[NONPROFIT] * (shared - tier_1 - 0.98 * tier_2);
            double investors = v->later[INVESTORS][i] * out[INVESTORS][j] + last[INVESTORS] * tier_2;
            for (int k = 0; k < N_TRANCHES; k++) {
                int t = TRANCHE_MONTHS[k];
                double moved = t <= l->last_at_azure[j] ? v->cash[i] : 0.0;
                microsoft -= v->discount[MICROSOFT][t][i] * moved;
                openai += v->discount[OPENAI][t][i] * moved;
            }
            out[MICROSOFT][j] = microsoft + ROUND_OF_MICROSOFT * round[MICROSOFT];
            out[OPENAI][j] = openai - (ROUND_OF_MICROSOFT + ROUND_OF_OTHERS) * round[OPENAI];
            out[NONPROFIT][j] = nonprofit;
            out[INVESTORS][j] = 0.49 * investors + ROUND_OF_OTHERS * round[INVESTORS];
        }
}

static void value(const Views *v, const Futures *f, const Fixed *fixed, int n_groups, double out[N_PARTIES][LANES]) {
    Lanes lanes;
    begin(v, f, fixed->month_ends[ROUND_DEADLINE], n_groups, &lanes);
    memset(out, 0, N_PARTIES * LANES * sizeof(double));
    for (int t = 0; t < MONTHS; t++) {
        advance(t, v, f, n_groups, &lanes);
        pay(t, v, n_groups, &lanes, out);
    }
    end(v, &lanes, n_groups, out);
}

/* Present values of the randomisations [first, last): out has the axes party, randomisation, view, path. `streams` are the
   keys of the streams, unknowns first, then shocks and chances; `ranges` the points of the unknowns; `directions` has the axes
   bit, dimension. Path p of view v is point v + n_views * p; both numbers are powers of two. Returns 0, or 1 where there is no
   memory. */
int present_values(int n_randomisations, int n_views, int n_paths, int first, int last, const uint64_t *streams,
                   const double *ranges, const uint32_t *directions, const double *month_ends, double *out) {
    Fixed fixed;
    AllKeys keys;
    Futures *futures = aligned_alloc(64, (sizeof(Futures) + 63) / 64 * 64);
    Views *views = aligned_alloc(64, (sizeof(Views) + 63) / 64 * 64);
    if (!futures || !views) {
        free(futures), free(views);
        return 1;
    }
    prepare(directions, ranges, month_ends, &fixed);
    /* Where there are fewer than 16 views a group holds several futures of each: its points are 16 in a row all the same. */
    int side = n_views < VIEWS ? n_views : VIEWS, of_view = VIEWS / side, stride = n_views < VIEWS ? VIEWS : n_views;
    size_t of_party = (size_t)n_randomisations * n_views * n_paths;
    for (int r = first; r < last; r++) {
        make_keys(streams, r, &keys);
        for (int view = 0; view < n_views; view += side) {
            double *of_views = out + ((size_t)r * n_views + view) * n_paths;
            draw_views(&keys, &fixed, view, n_views, views);
            for (int path = 0; path < n_paths; path += GROUPS * of_view) {
                int left = (n_paths - path + of_view - 1) / of_view, n_groups = left < GROUPS ? left : GROUPS;
                double worth[N_PARTIES][LANES];
                draw_futures(&keys, &fixed, (uint32_t)view + (uint32_t)n_views * path, stride, n_groups, futures);
                value(views, futures, &fixed, n_groups, worth);
                for (int party = 0; party < N_PARTIES; party++)
                    for (int j = 0; j < n_groups * VIEWS; j++) {
                        int p = path + j / side;
                        if (p < n_paths) of_views[party * of_party + (size_t)(j % side) * n_paths + p] = 1e9 * worth[party][j];
                    }
            }
        }
    }
    free(futures), free(views);
    return 0;
}
