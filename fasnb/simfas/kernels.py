"""Warp kernels: what light reaches each point, and what each pixel sees. Linear light, decimetres.

A surface point's radiance for a unit white light is albedo x irradiance, specular lobes scaled by pi to
match. Skin: Lambert with a wrapped, red-tinted terminator for the light that leaks under the surface (after
d'Eon and Luebke, GPU Gems 3, ch. 14) and a GGX highlight; hair: Kajiya-Kay; eyes: a sphere with a bulging
cornea.
"""

# mypy: ignore-errors
# ruff: noqa: UP018
# (Inside kernels the language is warp's: float(0.0) declares a variable, and its own compiler checks types.)
import warp as wp

wp.set_module_options({"enable_backward": False})

BODY = wp.constant(0)
TEETH = wp.constant(1)
MOUTH = wp.constant(3)
LASHES = wp.constant(4)
CLOTH = wp.constant(5)
CAVITY = wp.constant(6)
BARE = wp.constant(7)  # skin outside the painted window: lower neck and shoulders


@wp.struct
class Look:
    """What a person's materials look like, and the lights and camera."""

    skin: wp.vec3
    cloth: wp.vec3
    cloth_kind: int
    neckline: float
    vee: float
    hair: wp.vec3
    shine: float
    gloss: float
    iris: wp.vec3
    sclera: wp.vec3
    eye_l: wp.vec3
    eye_r: wp.vec3
    eye_radius: float
    gaze: wp.mat33
    to_key: wp.vec3
    to_fill: wp.vec3
    camera: wp.vec3
    step: float
    seed: int


@wp.func
def occluded(near: wp.uint64, far: wp.uint64, origin: wp.vec3, way: wp.vec3, reach: float):
    """Distance to the first thing in the way, or `reach`."""
    hit = wp.mesh_query_ray(near, origin, way, reach)
    t = reach
    if hit.result:
        t = hit.t
    if far != wp.uint64(0):
        other = wp.mesh_query_ray(far, origin, way, t)
        if other.result:
            t = other.t
    return t


@wp.func
def frame_x(n: wp.vec3):
    a = wp.vec3(0.0, 1.0, 0.0)
    if wp.abs(n[1]) > 0.9:
        a = wp.vec3(1.0, 0.0, 0.0)
    return wp.normalize(wp.cross(a, n))


@wp.kernel
def visibility(
    near: wp.uint64,
    far: wp.uint64,
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    key_rays: wp.array(dtype=wp.vec3),
    fill_rays: wp.array(dtype=wp.vec3),
    dome: wp.array(dtype=wp.vec3),
    lift: float,
    out: wp.array(dtype=wp.vec3),
):
    """Per vertex: share of the key light seen, of the fill light, and openness to the surroundings."""
    i = wp.tid()
    n = normals[i]
    p = points[i] + n * lift
    result = wp.vec3(0.0, 0.0, 0.0)
    if n[2] > -0.3:  # what faces away is never seen
        key = float(0.0)
        for k in range(key_rays.shape[0]):
            if occluded(near, far, p, key_rays[k], 6.0) >= 6.0:
                key += 1.0
        fill = float(0.0)
        for k in range(fill_rays.shape[0]):
            if occluded(near, far, p, fill_rays[k], 6.0) >= 6.0:
                fill += 1.0
        x = frame_x(n)
        y = wp.cross(n, x)
        open_ = float(0.0)
        for k in range(dome.shape[0]):
            d = dome[k]
            other = wp.uint64(0)
            if k % 2 == 0:  # hair is dense: half the rays do
                other = far
            t = occluded(near, other, p, x * d[0] + y * d[1] + n * d[2], 1.6)
            open_ += wp.sqrt(t / 1.6)
        result = wp.vec3(
            key / float(key_rays.shape[0]), fill / float(fill_rays.shape[0]), open_ / float(dome.shape[0])
        )
    out[i] = result


@wp.kernel
def project_map(
    mesh: wp.uint64,
    tris: wp.array2d(dtype=int),
    values: wp.array(dtype=wp.vec3),
    u0: float,
    v0: float,
    du: float,
    dv: float,
    out: wp.array2d(dtype=wp.vec4),
):
    """Vertex values over a mesh that lies in the texture plane: (H, W) of (x, y, z, covered)."""
    i, j = wp.tid()
    o = wp.vec3(u0 + (float(i) + 0.5) * du, v0 + (float(j) + 0.5) * dv, 1.0)
    hit = wp.mesh_query_ray(mesh, o, wp.vec3(0.0, 0.0, -1.0), 2.0)
    if hit.result:
        f = hit.face
        w = 1.0 - hit.u - hit.v
        p = values[tris[f, 0]] * hit.u + values[tris[f, 1]] * hit.v + values[tris[f, 2]] * w
        out[i, j] = wp.vec4(p[0], p[1], p[2], 1.0)


@wp.func
def texel(image: wp.array2d(dtype=wp.vec4), u: float, v: float):
    """Bilinear sample; u and v in 0 .. 1 run over rows and columns."""
    h = image.shape[0]
    w = image.shape[1]
    y = wp.clamp(u * float(h) - 0.5, 0.0, float(h) - 1.001)
    x = wp.clamp(v * float(w) - 0.5, 0.0, float(w) - 1.001)
    i = int(y)
    j = int(x)
    fy = y - float(i)
    fx = x - float(j)
    top = image[i, j] * (1.0 - fx) + image[i, j + 1] * fx
    low = image[i + 1, j] * (1.0 - fx) + image[i + 1, j + 1] * fx
    return top * (1.0 - fy) + low * fy


@wp.func
def ggx(n: wp.vec3, v: wp.vec3, light: wp.vec3, rough: float):
    """pi x a GGX lobe with normal incidence reflectance 0.028, times n.l."""
    h = wp.normalize(v + light)
    nl = wp.max(wp.dot(n, light), 0.0)
    nv = wp.max(wp.dot(n, v), 0.05)
    nh = wp.max(wp.dot(n, h), 0.0)
    a = rough * rough
    d = nh * nh * (a * a - 1.0) + 1.0
    k = (rough + 1.0) * (rough + 1.0) / 8.0
    g = 1.0 / ((nl * (1.0 - k) + k) * (nv * (1.0 - k) + k))
    f = 0.028 + 0.972 * wp.pow(1.0 - wp.max(wp.dot(h, v), 0.0), 5.0)
    return a * a / (d * d) * g * f * nl * 0.25


@wp.func
def skin_light(
    albedo: wp.vec3, n: wp.vec3, flat: wp.vec3, light: wp.vec3, v: wp.vec3, seen: float, gloss: float
):
    """Radiance of skin under one directional light."""
    rough_side = wp.dot(n, light)
    soft_side = wp.dot(flat, light)
    r = wp.max((soft_side + 0.28) / 1.28, 0.0)
    g = wp.max((0.6 * rough_side + 0.4 * soft_side + 0.14) / 1.14, 0.0)
    b = wp.max((0.8 * rough_side + 0.2 * soft_side + 0.09) / 1.09, 0.0)
    s = wp.pow(seen, 0.8)
    spec = (ggx(n, v, light, 0.48) * 0.75 + ggx(n, v, light, 0.30) * 0.18) * gloss * seen
    return wp.vec3(albedo[0] * r * s + spec, albedo[1] * g * seen + spec, albedo[2] * b * seen + spec)


@wp.func
def plain_light(albedo: wp.vec3, n: wp.vec3, light: wp.vec3, seen: float):
    return albedo * (wp.max((wp.dot(n, light) + 0.1) / 1.1, 0.0) * seen)


@wp.func
def hair_light(
    colour: wp.vec3,
    t: wp.vec3,
    n: wp.vec3,
    light: wp.vec3,
    v: wp.vec3,
    seen: float,
    shine: float,
    shift: float,
):
    """Kajiya-Kay with the volume's normal for the large shape, two shifted highlights."""
    tl = wp.dot(t, light)
    sin_l = wp.sqrt(wp.max(1.0 - tl * tl, 0.0))
    volume = wp.max((wp.dot(n, light) + 0.35) / 1.35, 0.0)
    h = wp.normalize(light + v)
    t1 = wp.normalize(t + n * (shift * 0.3 - 0.08))
    t2 = wp.normalize(t + n * (shift * 0.3 + 0.12))
    a = wp.dot(t1, h)
    b = wp.dot(t2, h)
    s1 = wp.pow(wp.max(1.0 - a * a, 0.0), 60.0)
    s2 = wp.pow(wp.max(1.0 - b * b, 0.0), 16.0)
    white = wp.vec3(1.0, 1.0, 1.0)
    lobe = white * (0.055 * s1) + (colour * 0.8 + white * 0.02) * (0.5 * s2)
    return (colour * (0.35 + 0.65 * sin_l) + lobe * shine) * (volume * seen)


@wp.func
def eye_albedo(look: Look, e: wp.vec3, side: int):
    """Colour of the eye in its own frame (z out of the pupil)."""
    rho = wp.acos(wp.clamp(e[2], -1.0, 1.0))
    around = wp.atan2(e[1], e[0])
    s = wp.rand_init(look.seed, side + 11)
    veins = wp.noise(s, wp.vec3(e[0] * 9.0, e[1] * 22.0, e[2] * 9.0))
    red = wp.clamp(wp.abs(e[0]) * 1.3 - 0.35, 0.0, 1.0) * (0.35 + 0.25 * veins)
    white = wp.cw_mul(look.sclera, wp.vec3(1.0, 1.0 - 0.45 * red, 1.0 - 0.42 * red))
    fibres = wp.noise(s, wp.vec3(wp.cos(around) * 7.0, wp.sin(around) * 7.0, rho * 5.0))
    ring = wp.clamp((rho - 0.14) / 0.2, 0.0, 1.0)
    iris = look.iris * ((1.0 + 0.45 * fibres) * (1.25 - 0.45 * ring))
    collar = wp.exp(-(rho - 0.18) * (rho - 0.18) * 700.0)
    iris = iris * (1.0 - 0.35 * collar) + wp.vec3(0.11, 0.06, 0.025) * (0.35 * collar)
    limbus = wp.smoothstep(0.29, 0.36, rho)
    iris = iris * (1.0 - 0.8 * limbus)
    out = iris * (1.0 - wp.smoothstep(0.345, 0.40, rho)) + white * wp.smoothstep(0.345, 0.40, rho)
    return out * wp.smoothstep(0.115, 0.145, rho) + wp.vec3(0.004, 0.004, 0.004)


@wp.func
def glint(look: Look, n: wp.vec3, v: wp.vec3, light: wp.vec3, size: float):
    r = n * (2.0 * wp.dot(n, v)) - v
    return wp.smoothstep(wp.cos(size), wp.cos(size * 0.6), wp.dot(r, light))


@wp.func
def sphere(o: wp.vec3, d: wp.vec3, c: wp.vec3, r: float):
    """Distance along the unit ray to the sphere, or a large number."""
    oc = o - c
    b = wp.dot(oc, d)
    q = b * b - wp.dot(oc, oc) + r * r
    t = float(1.0e6)
    if q > 0.0:
        t = -b - wp.sqrt(q)
    return t


@wp.func
def sky(n: wp.vec3):
    return 0.8 + 0.2 * n[1]


@wp.func
def collar(look: Look, p: wp.vec3):
    """How far a base-head point lies outside the neck opening of the clothes (below 0: inside)."""
    x = p[0] / 0.66
    z = (p[2] - 0.28) / 0.74
    edge = look.neckline
    if p[2] > 0.3:
        edge += look.vee * wp.max(0.5 - wp.abs(p[0]), 0.0)
    return wp.sqrt(x * x + z * z) - edge
