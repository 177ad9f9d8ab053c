/* The deal between Microsoft and OpenAI of deals/microsoft-openai-2024.yaml, written by hand in C.

   What is the same on all paths of a view is worked out once a view, what is the same in all views once a path. The rest
   goes through the months with 64 paths side by side, so that every inner loop is one of vectors and all state stays in the
   first cache. The draws are prenup's: Sobol points shuffled and scrambled by name, the inverse normal AS 241, a Brownian
   bridge. Time is in months from 0, rates are a year, money is in dollars. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MONTHS = 122, LANES = 64, DIMENSIONS = 32, VIEWS_AT_ONCE = 256 };

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
static const double ROUND_OF_OTHERS = 6.6e9 - 0.75e9, ROUND_OF_MICROSOFT = 0.75e9;
static const double TIER_1 = 13e9 / 0.75, TIER_2 = 13e9 / 0.75 + (92e9 - 13e9) / 0.49;

/* ── draws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────── */

enum { SHUFFLE = 1, SCRAMBLE = 2, COUNT = 3 };
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

static inline uint32_t reverse(uint32_t x) {
    x = __builtin_bswap32(x);
    x = (x >> 4 & 0x0F0F0F0Fu) | (x & 0x0F0F0F0Fu) << 4;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    return (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
}

static inline uint32_t scramble(uint32_t x, uint64_t key) {
    uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
    x = reverse(x);
    x ^= x * 0x3D20ADEAu;
    x = (x + low) * (high | 1);
    x ^= x * 0x05526C56u;
    x = (x + (low >> 16 | low << 16)) * ((high >> 16 | high << 16) | 1);
    return reverse(x ^ x * 0x53A22864u);
}

static inline double even(uint32_t bits) { return (bits + 0.5) * 0x1p-32; }

/* The first dimension of the sequence is the index with its bits reversed. */
static void uniforms(uint64_t stream, int randomisation, uint32_t first, int n, double *restrict u) {
    uint64_t order = key_of(stream, SHUFFLE, randomisation, 0), flips = key_of(stream, SCRAMBLE, randomisation, 0);
    for (int i = 0; i < n; i++) u[i] = even(scramble(reverse(scramble(first + i, order)), flips));
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

static void inverse_normal(double *restrict u, int n) {
    double z[VIEWS_AT_ONCE], furthest = 0;
    for (int i = 0; i < n; i++) {
        double offset = u[i] - 0.5;
        double middle = ratio(MIDDLE_RATIO, 0.425 * 0.425 - offset * offset) * offset;
        double r = sqrt(-log(fmin(u[i], 1.0 - u[i])));
        double tail = copysign(ratio(TAIL_RATIO, r - 1.6), offset);
        z[i] = fabs(offset) <= 0.425 ? middle : tail;
        furthest = fmax(furthest, r);
    }
    if (furthest > 5.0)
        for (int i = 0; i < n; i++) {
            double r = sqrt(-log(fmin(u[i], 1.0 - u[i])));
            if (r > 5.0) z[i] = copysign(ratio(FAR_RATIO, r - 5.0), u[i] - 0.5);
        }
    memcpy(u, z, n * sizeof(double));
}

typedef struct { int first, middle; double earlier_share, spread; } Split;

static void plan(Split *splits) {
    int waiting[2 * MONTHS][2] = {{0, MONTHS}}, n_waiting = 1, n = 1;
    for (int i = 0; i < n_waiting; i++) {
        int first = waiting[i][0], end = waiting[i][1], middle = (first + end) / 2;
        if (end - first < 2) continue;
        double earlier = middle - first, later = end - middle, whole = end - first;
        splits[n++] = (Split){first, middle, earlier / whole, sqrt(earlier * later / whole)};
        waiting[n_waiting][0] = first, waiting[n_waiting++][1] = middle;
        waiting[n_waiting][0] = middle, waiting[n_waiting++][1] = end;
    }
}

/* Standard normals a month for a block of paths that starts at a multiple of its length, which is a power of two. */
static void brownian(uint64_t stream, int randomisation, uint32_t start, int n, const uint32_t *directions,
                     const Split *splits, double months[MONTHS][LANES]) {
    uint32_t order[LANES], differs[LANES], bits[LANES];
    uint64_t shuffle_key = key_of(stream, SHUFFLE, randomisation, 0);
    for (int i = 0; i < n; i++) order[i] = scramble(start + i, shuffle_key);
    for (int i = 0; i < n; i++) differs[i] = order[i] ^ order[0];
    for (int d = 0; d < MONTHS; d++) {
        double z[LANES];
        if (d < DIMENSIONS) {
            uint64_t flips = key_of(stream, SCRAMBLE, randomisation, d);
            const uint32_t *numbers = directions + d * 32;
            uint32_t base = 0;
            for (int b = 0; b < 32; b++) base ^= numbers[b] & -(order[0] >> b & 1);
            for (int i = 0; i < n; i++) bits[i] = base;
            for (int b = 0; 1 << b < n; b++)
                for (int i = 0; i < n; i++) bits[i] ^= numbers[b] & -(differs[i] >> b & 1);
            for (int i = 0; i < n; i++) z[i] = even(scramble(bits[i], flips));
        } else {
            uint64_t key = key_of(stream, COUNT, randomisation, d);
            for (int i = 0; i < n; i++) z[i] = ((mix(key + (start + i) * GOLDEN) >> 12) + 0.5) * 0x1p-52;
        }
        inverse_normal(z, n);
        if (d == 0) {
            for (int i = 0; i < n; i++) months[0][i] = sqrt(MONTHS) * z[i];
            continue;
        }
        double *first = months[splits[d].first], *middle = months[splits[d].middle];
        double share = splits[d].earlier_share, spread = splits[d].spread;
        for (int i = 0; i < n; i++) {
            double earlier = share * first[i] + spread * z[i];
            middle[i] = first[i] - earlier;
            first[i] = earlier;
        }
    }
}

/* What happens on a block of paths whatever the view. */
typedef struct {
    double revenue_shock[MONTHS][LANES];                                              /* standard normals over sqrt(12) */
    double price[MONTHS][LANES], azure[MONTHS][LANES], copilots[MONTHS][LANES];       /* levels against what a view settles */
    double asked[LANES], waits[LANES], agi[LANES], leaders[LANES], divorce[LANES];    /* uniforms; then hazards needed, x 12 */
} Futures;

static void accumulate(double volatility, int n, double months[MONTHS][LANES]) {
    double sums[LANES] = {0};
    for (int i = 0; i < n; i++) months[0][i] = 1.0;
    for (int t = 1; t < MONTHS; t++)
        for (int i = 0; i < n; i++) {
            sums[i] += volatility * months[t][i] - volatility * volatility / 24;
            months[t][i] = exp(sums[i]);
        }
}

static void draw_futures(const uint64_t *shocks, const uint64_t *chances, int randomisation, uint32_t start, int n,
                         const uint32_t *directions, const Split *splits, Futures *f) {
    double azure_own = sqrt(1 - 0.4 * 0.4), copilots_azure = (0.5 - 0.4 * 0.3) / azure_own;
    double copilots_own = sqrt(1 - 0.3 * 0.3 - copilots_azure * copilots_azure), root = sqrt(1.0 / 12);
    brownian(shocks[REVENUE], randomisation, start, n, directions, splits, f->revenue_shock);
    brownian(shocks[PRICE], randomisation, start, n, directions, splits, f->price);
    brownian(shocks[AZURE], randomisation, start, n, directions, splits, f->azure);
    brownian(shocks[COPILOTS], randomisation, start, n, directions, splits, f->copilots);
    for (int t = 0; t < MONTHS; t++)
        for (int i = 0; i < n; i++) {
            double first = root * f->revenue_shock[t][i], second = root * f->azure[t][i], third = root * f->copilots[t][i];
            f->revenue_shock[t][i] = first;
            f->price[t][i] *= root;
            f->azure[t][i] = 0.4 * first + azure_own * second;
            f->copilots[t][i] = 0.3 * first + copilots_azure * second + copilots_own * third;
        }
    accumulate(PRICE_VOLATILITY, n, f->price);
    accumulate(PRODUCT_VOLATILITY, n, f->azure);
    accumulate(PRODUCT_VOLATILITY, n, f->copilots);
    uniforms(chances[RESTRUCTURED], randomisation, start, n, f->asked);
    uniforms(chances[INVESTORS_WAIT], randomisation, start, n, f->waits);
    uniforms(chances[AGI], randomisation, start, n, f->agi);
    uniforms(chances[LEADERS], randomisation, start, n, f->leaders);
    uniforms(chances[DIVORCE], randomisation, start, n, f->divorce);
    for (int i = 0; i < n; i++) {
        f->agi[i] = -12 * log(1 - f->agi[i]);
        f->leaders[i] = -12 * log(1 - f->leaders[i]);
        f->divorce[i] = -12 * log(1 - f->divorce[i]);
    }
}

/* ── views ─────────────────────────────────────────────────────────────────────────────────────────────────────────────── */

/* What a view settles for all its paths. */
typedef struct {
    double u[N_UNKNOWNS];
    double contract;                                                       /* the month in which the contract runs out */
    double growth[4][MONTHS];  /* of revenue in a month: plain, leaders missing, after AGI, both; with the drift of its swing */
    double drift[MONTHS], training[MONTHS], staff[MONTHS], azure[MONTHS], copilots[MONTHS];    /* a month's amounts */
    double discount[N_PARTIES][MONTHS];
    double later[N_PARTIES][MONTHS];                                       /* what a month's discounting adds to the next's */
} View;

static void levels(double start, double first, double long_run, double half_life_months, double *restrict level) {
    double fall = log(0.5) / half_life_months;
    for (int t = 1; t < MONTHS; t++) level[t] = log(1 + long_run + (first - long_run) * exp(fall * t)) / 12;
    level[0] = log(start);
    for (int t = 1; t < MONTHS; t++) level[t] += level[t - 1];
    for (int t = 0; t < MONTHS; t++) level[t] = exp(level[t]);
}

static void settle(View *v, const double *month_ends) {
    const double *u = v->u;
    v->contract = 0;
    for (int t = 0; t < MONTHS; t++) v->contract += month_ends[t] < u[CONTRACT_DATE];
    double fall = log(0.5) / (12 * u[REVENUE_HALF_LIFE]), long_run = u[REVENUE_LONG_RUN];
    double down = -u[REVENUE_VOLATILITY] * u[REVENUE_VOLATILITY] / 24;
    for (int t = 0; t < MONTHS; t++) {
        double rate = long_run + (u[REVENUE_GROWTH] - long_run) * exp(fall * t);
        for (int agi = 0; agi < 2; agi++)
            for (int missing = 0; missing < 2; missing++) {
                double all = (rate + agi * u[AGI_SHIFT]) * (missing ? u[LEADERS_SCALE] : 1.0);
                v->growth[2 * agi + missing][t] = log(1 + all) / 12 + down;
            }
    }
    levels(u[TRAINING_START] / 12, u[TRAINING_GROWTH], 0.03, 13, v->training);
    levels(u[STAFF_START] / 12, u[STAFF_GROWTH], 0.06, 16, v->staff);
    levels(u[AZURE_START] / 12, u[AZURE_GROWTH], 0.08, 18, v->azure);
    levels(u[COPILOTS_START] / 12, u[COPILOTS_GROWTH], 0.07, 18, v->copilots);
    for (int t = 0; t < MONTHS; t++) v->drift[t] = exp(u[PRICE_DRIFT] / 12 * t);
    for (int party = 0; party < N_PARTIES; party++) {
        double step = -log(1 + u[MICROSOFT_DISCOUNT + party]) / 12;
        double *discount = v->discount[party], *later = v->later[party];
        for (int t = 0; t < MONTHS; t++) discount[t] = exp(step * (t + 1));
        for (int t = 0; t < MONTHS - 1; t++) later[t] = discount[t] - discount[t + 1];
        later[MONTHS - 1] = discount[MONTHS - 1];
    }
}

static void draw_views(const uint64_t *streams, const double *ranges, int randomisation, int first, int n,
                       const double *month_ends, View *views) {
    for (int k = 0; k < N_UNKNOWNS; k++) {
        double z[VIEWS_AT_ONCE], low = ranges[3 * k], middle = ranges[3 * k + 1], high = ranges[3 * k + 2];
        uniforms(streams[k], randomisation, first, n, z);
        inverse_normal(z, n);
        int positive = low > 0;
        double below = positive ? log(middle / low) : middle - low, above = positive ? log(high / middle) : high - middle;
        for (int i = 0; i < n; i++) {
            double moved = z[i] / Z95 * (z[i] < 0 ? below : above);
            z[i] = positive ? middle * exp(moved) : middle + moved;
        }
        for (int i = 0; i < n; i++) views[i].u[k] = z[i];
    }
    for (int i = 0; i < n; i++) {
        double *u = views[i].u;
        u[RESTRUCTURED_PROBABILITY] = fmin(u[RESTRUCTURED_PROBABILITY], 1.0);
        u[REVENUE_VOLATILITY] = fmin(u[REVENUE_VOLATILITY], 1.0);
        u[EXCLUSIVITY] = fmin(u[EXCLUSIVITY], 1.0);
        settle(&views[i], month_ends);
    }
}

/* ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────────── */

/* The months in which things happen on a block of paths, and whether the round is repaid. */
typedef struct { double leaders[LANES], agi[LANES], last_at_azure[LANES], last_shared[LANES], repaid[LANES]; } Happens;

static void happenings(const View *v, const Futures *f, const double *month_ends, int n, Happens *h) {
    const double *u = v->u;
    double probability = u[RESTRUCTURED_PROBABILITY], length = RESTRUCTURING_LAST - RESTRUCTURING_FIRST;
    double deadline_day = month_ends[ROUND_DEADLINE];
    for (int i = 0; i < n; i++) {
        double day = RESTRUCTURING_FIRST + length * (f->asked[i] / fmax(probability, 1e-12));
        int in_time = (f->asked[i] < probability) & (day <= deadline_day);
        int repaid = !in_time & (f->waits[i] >= 1 - u[ASKS_BACK]);
        double agi = AGI_FROM - 1 + ceil(f->agi[i] / u[AGI_RATE]);
        double leaders = ceil(f->leaders[i] / u[LEADERS_RATE]) - 1;
        /* The strain doubles when the leaders leave and again when the round is repaid. */
        double needed = ceil(f->divorce[i] / u[STRAIN]);
        double deadline = repaid ? (double)ROUND_DEADLINE : NEVER;
        double once = fmin(leaders, deadline), twice = fmax(leaders, deadline);
        double after_once = needed - once, after_twice = after_once - 2 * (twice - once);
        double doubled = after_twice <= 0 ? once + ceil(after_once / 2) : twice + ceil(after_twice / 4);
        double divorce = (after_once <= 0 ? needed : doubled) - 1;
        h->agi[i] = agi;
        h->leaders[i] = leaders;
        h->last_at_azure[i] = divorce + NOTICE;
        h->last_shared[i] = fmin(fmin(agi, v->contract), divorce + NOTICE);
        h->repaid[i] = repaid;
    }
}

/* The values of a view on a block of paths: all months, and what falls on single days. */
static void value(const View *v, const Futures *f, const double *month_ends, int n, double out[N_PARTIES][LANES]) {
    Happens h;
    happenings(v, f, month_ends, n, &h);
    const double *u = v->u;
    double at_azure_price = DISCOUNTED_PRICE / u[LIST_PRICE], bought = fmax(AZURE_SHARE, u[EXCLUSIVITY]);
    double elsewhere = u[ELSEWHERE_PRICE] / at_azure_price, keeps = 1 - u[OTHER_COSTS];
    double volatility = u[REVENUE_VOLATILITY], limit = u[TRAINING_LIMIT], trained_2024 = u[TRAINING_2024] / 12;
    double to_microsoft = u[SHARE_TO_MICROSOFT], to_openai = u[SHARE_TO_OPENAI];
    double azure_worth = u[DEPENDENCE] * u[AZURE_MARGIN], copilot_worth = u[DEPENDENCE] * u[COPILOT_MARGIN];
    double in_credits = u[BILL_IN_CREDITS], serving = u[SERVING_COST];
    double grant = u[UNDRAWN] * u[PART_IN_CREDITS] / 3, cash = fmax(u[UNDRAWN] * (1 - u[PART_IN_CREDITS]) / 3, 0.0);
    double revenue[LANES], credits[LANES], profit[LANES] = {0}, shared[LANES] = {0}, at_azure[LANES], shares[LANES];
    memset(out, 0, N_PARTIES * LANES * sizeof(double));
    for (int i = 0; i < n; i++) revenue[i] = u[REVENUE_START] / 12, credits[i] = u[CREDITS_ON_HAND];
    for (int t = 0; t < MONTHS; t++) {
        const double *shock = f->revenue_shock[t], *price = f->price[t], *azures = f->azure[t], *copilots = f->copilots[t];
        double plain = v->growth[0][t], missing = v->growth[1][t], after = v->growth[2][t], both = v->growth[3][t];
        double inference = INFERENCE_PER_REVENUE * v->drift[t], training = v->training[t], staff = v->staff[t];
        double azure_level = v->azure[t], copilots_worth = copilot_worth * v->copilots[t], now = t;
        double granted = t == 1 || t == 7 || t == 13 ? grant : 0.0;
        double d_microsoft = v->discount[MICROSOFT][t], d_openai = v->discount[OPENAI][t];
        double l_microsoft = v->later[MICROSOFT][t], l_openai = v->later[OPENAI][t];
        double l_nonprofit = v->later[NONPROFIT][t], l_investors = v->later[INVESTORS][t];
        if (t > 0)
            for (int i = 0; i < n; i++) {
                int gone = (h.leaders[i] <= now) & (now < h.leaders[i] + LEADERS_LAST);
                int agi = (h.agi[i] <= now) & (now < h.agi[i] + AGI_LASTS);
                double growth = agi ? (gone ? both : after) : (gone ? missing : plain);
                revenue[i] *= exp(growth + volatility * shock[i]);
            }
        /* In a loop of their own: gcc makes branches of conditions among arithmetic, and no vectors of branches. */
        for (int i = 0; i < n; i++) {
            at_azure[i] = now <= h.last_at_azure[i] ? 1.0 : 0.0;
            shares[i] = now <= h.last_shared[i] ? 1.0 : 0.0;
        }
        for (int i = 0; i < n; i++) {
            double sales = revenue[i];
            double trained = fmin(training, fmax(trained_2024, limit * sales));
            double computing = inference * sales * price[i] + trained;
            double bill = computing * bought * at_azure[i];
            double other_bill = (computing - bill) * elsewhere;
            double available = fmax(credits[i] + granted * at_azure[i], 0.0);
            double drawn = fmin(bill * in_credits, available);
            credits[i] = available - drawn;
            double paid = fmax(bill - drawn, 0.0);

            double azure = azure_level * azures[i];
            double worth = (azure_worth * azure + copilots_worth * copilots[i]) * shares[i];
            double due = (to_microsoft * sales - to_openai * azure) * shares[i];
            double earned = keeps * sales - staff - due - other_bill;

            /* Losses are made good first: what is shared in all is the highest that profits have been. Each month pays the
               sum so far at what its discounting differs from the next month's, which comes to the same. */
            profit[i] += earned - bill;
            shared[i] = fmax(shared[i], profit[i]);
            double tier_1 = fmin(shared[i], TIER_1), to_tier_2 = fmin(shared[i], TIER_2);
            double tier_2 = to_tier_2 - tier_1, tier_3 = shared[i] - to_tier_2;
            double to_investors = 0.49 * tier_2, to_nonprofit = 0.02 * tier_2 + tier_3;
            double to_microsoft_so_far = 0.75 * tier_1 + 0.49 * tier_2;

            out[MICROSOFT][i] += d_microsoft * (paid - serving * bill + due + worth) + l_microsoft * to_microsoft_so_far;
            out[OPENAI][i] += d_openai * (earned - paid)
                              - l_openai * (to_microsoft_so_far + to_investors + to_nonprofit);
            out[NONPROFIT][i] += l_nonprofit * to_nonprofit;
            out[INVESTORS][i] += l_investors * to_investors;
        }
    }
    for (int i = 0; i < n; i++) {
        out[MICROSOFT][i] += v->discount[MICROSOFT][ROUND_DEADLINE] * ROUND_OF_MICROSOFT * h.repaid[i];
        out[INVESTORS][i] += v->discount[INVESTORS][ROUND_DEADLINE] * ROUND_OF_OTHERS * h.repaid[i];
        out[OPENAI][i] -= v->discount[OPENAI][ROUND_DEADLINE] * (ROUND_OF_MICROSOFT + ROUND_OF_OTHERS) * h.repaid[i];
        for (int k = 0; k < N_TRANCHES; k++) {
            double moved = TRANCHE_MONTHS[k] <= h.last_at_azure[i] ? cash : 0.0;
            out[MICROSOFT][i] -= v->discount[MICROSOFT][TRANCHE_MONTHS[k]] * moved;
            out[OPENAI][i] += v->discount[OPENAI][TRANCHE_MONTHS[k]] * moved;
        }
    }
}

/* Present values of the randomisations [first, last): out has the axes party, randomisation, view, path. `keys` are those of
   the streams, unknowns first, then shocks and chances; `ranges` the points of the unknowns; `directions` has the axes
   dimension, bit. The number of paths is a power of two. Returns 0, or 1 where there is no memory. */
int present_values(int n_randomisations, int n_views, int n_paths, int first, int last, const uint64_t *keys,
                   const double *ranges, const uint32_t *directions, const double *month_ends, double *out) {
    Split splits[MONTHS];
    Futures *futures = aligned_alloc(64, (sizeof(Futures) + 63) / 64 * 64);
    View *views = malloc(VIEWS_AT_ONCE * sizeof(View));
    if (!futures || !views) {
        free(futures), free(views);
        return 1;
    }
    plan(splits);
    int n = n_paths < LANES ? n_paths : LANES;
    size_t of_party = (size_t)n_randomisations * n_views * n_paths;
    for (int r = first; r < last; r++)
        for (int view = 0; view < n_views; view += VIEWS_AT_ONCE) {
            int some = n_views - view < VIEWS_AT_ONCE ? n_views - view : VIEWS_AT_ONCE;
            draw_views(keys, ranges, r, view, some, month_ends, views);
            for (int start = 0; start < n_paths; start += n) {
                draw_futures(keys + N_UNKNOWNS, keys + N_UNKNOWNS + N_SHOCKS, r, start, n, directions, splits, futures);
                for (int i = 0; i < some; i++) {
                    double worth[N_PARTIES][LANES];
                    value(&views[i], futures, month_ends, n, worth);
                    for (int party = 0; party < N_PARTIES; party++)
                        memcpy(out + party * of_party + ((size_t)r * n_views + view + i) * n_paths + start, worth[party],
                               n * sizeof(double));
                }
            }
        }
    free(futures), free(views);
    return 0;
}
