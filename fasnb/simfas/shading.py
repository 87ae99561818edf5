# mypy: ignore-errors
# ruff: noqa: UP018, RUF046, SIM109
# (Inside kernels the language is warp's: float(0.0) declares a variable, and its own compiler checks types.)
"""The pixel kernel: cast rays at skin, eyes, cloth and hair, shade three layers, average the samples."""

import warp as wp

from fasnb.simfas.kernels import (
    BARE,
    BODY,
    CLOTH,
    LASHES,
    MOUTH,
    TEETH,
    Look,
    collar,
    eye_albedo,
    ggx,
    glint,
    hair_light,
    occluded,
    plain_light,
    skin_light,
    sky,
    sphere,
    texel,
)

wp.set_module_options({"enable_backward": False})


@wp.struct
class Three:
    """Radiance under the three lights."""

    key: wp.vec3
    fill: wp.vec3
    ambient: wp.vec3


@wp.struct
class Surface:
    """The head's mesh: positions, normals, light seen (key, fill, openness), base-head points, uv."""

    points: wp.array(dtype=wp.vec3)
    normals: wp.array(dtype=wp.vec3)
    seen: wp.array(dtype=wp.vec3)
    rest: wp.array(dtype=wp.vec3)
    tris: wp.array2d(dtype=int)
    uv_tris: wp.array2d(dtype=int)
    uv: wp.array(dtype=wp.vec2)  # within the window's 0 .. 1
    material: wp.array(dtype=int)


@wp.struct
class Locks:
    """The hair, in the frame of the resting head; coords: across -1 .. 1, along 0 .. 1, number of the
    lock."""

    tangents: wp.array(dtype=wp.vec3)
    normals: wp.array(dtype=wp.vec3)
    coords: wp.array(dtype=wp.vec3)
    seen: wp.array(dtype=wp.vec3)
    tint: wp.array(dtype=wp.vec3)
    tris: wp.array2d(dtype=int)


@wp.func
def mix(values: wp.array(dtype=wp.vec3), tris: wp.array2d(dtype=int), face: int, u: float, v: float):
    """A vertex value at a hit, by its barycentric coordinates."""
    return values[tris[face, 0]] * u + values[tris[face, 1]] * v + values[tris[face, 2]] * (1.0 - u - v)


@wp.func
def passes(look: Look, material: int, p: wp.vec3):
    """Whether the ray goes on: between lashes, inside the neckline, or where cloth lies over skin."""
    gone = bool(False)
    if material == LASHES:
        lash = wp.floor(p[0] * 420.0 + (p[1] - 7.28) * wp.sign(p[0]) * 60.0)
        reach = wp.length(wp.vec3(wp.abs(p[0]) - 0.308, p[1] - 7.284, p[2] - 1.245))
        thick = wp.clamp((0.222 - reach) * 16.0, 0.0, 1.0) * 0.75
        if p[1] < 7.27:  # the lower row is too fine to be seen at this size
            thick = 0.0
        gone = wp.randf(wp.rand_init(look.seed, int(lash))) > thick
    if material == CLOTH:
        gone = collar(look, p) < 0.0
    if material == BARE:
        gone = collar(look, p) > 0.08 and p[1] < 6.1 - wp.max(p[2] - 0.6, 0.0)
    return gone


@wp.func
def hair_sample(look: Look, h: Locks, turn: wp.mat33, face: int, u: float, v: float, view: wp.vec3):
    i = h.tris[face, 0]
    t = turn * wp.normalize(mix(h.tangents, h.tris, face, u, v))
    n = turn * wp.normalize(mix(h.normals, h.tris, face, u, v))
    c = mix(h.coords, h.tris, face, u, v)
    seen = mix(h.seen, h.tris, face, u, v)
    fibre = int(wp.floor(c[0] * 3.5 + 4.0) + h.coords[i][2] * 8.0)
    r = wp.randf(wp.rand_init(look.seed, fibre))
    colour = h.tint[i] * ((0.72 + 0.56 * r) * (0.55 + 0.45 * wp.min(c[1] * 3.0, 1.0)))
    out = Three()
    out.key = hair_light(colour, t, n, look.to_key, view, seen[0], look.shine, r - 0.5)
    out.fill = hair_light(colour, t, n, look.to_fill, view, seen[1], look.shine, r - 0.5)
    gleam = 0.012 * look.shine
    out.ambient = (colour + wp.vec3(gleam, gleam, gleam)) * (seen[2] * seen[2] * sky(n))
    return out


@wp.func
def eye_sample(look: Look, blocker: wp.uint64, p: wp.vec3, centre: wp.vec3, side: int, view: wp.vec3):
    n = wp.normalize(p - centre)
    axis = look.gaze * wp.vec3(0.0, 0.0, 1.0)
    local = wp.transpose(look.gaze) * n
    albedo = eye_albedo(look, local, side)
    bulge = wp.normalize(n + (n - axis) * (1.05 * (1.0 - wp.smoothstep(0.36, 0.50, wp.acos(local[2])))))
    key_seen = float(0.0)
    fill_seen = float(0.0)
    near = float(0.0)
    o = p + n * 0.01
    none = wp.uint64(0)
    for r in range(6):
        angle = float(r) * 1.0472 + 0.3
        x = wp.vec3(wp.cos(angle), wp.sin(angle), 0.0)
        # wp.step is 1 below zero: where the way is free
        key_seen += (
            wp.step(3.99 - occluded(blocker, none, o, wp.normalize(look.to_key + x * 0.22), 4.0)) / 6.0
        )
        fill_seen += (
            wp.step(3.99 - occluded(blocker, none, o, wp.normalize(look.to_fill + x * 0.22), 4.0)) / 6.0
        )
        near += occluded(blocker, none, o, wp.normalize(n + x * 0.8), 0.5) / 3.0
    open_ = 0.25 + 0.75 * near
    white = wp.vec3(1.0, 1.0, 1.0)
    out = Three()
    out.key = plain_light(albedo, n, look.to_key, key_seen * open_)
    out.key += white * (0.75 * glint(look, bulge, view, look.to_key, 0.22))
    out.fill = plain_light(albedo, n, look.to_fill, fill_seen * open_)
    out.fill += white * (0.35 * glint(look, bulge, view, look.to_fill, 0.3))
    out.ambient = albedo * (open_ * open_ * 0.9) + white * (0.02 * open_ * sky(bulge))
    return out


@wp.func
def skin_sample(look: Look, s: Surface, paint: wp.array2d(dtype=wp.vec4), relief: wp.array2d(dtype=wp.vec4),
                face: int, u: float, v: float, flat: wp.vec3, view: wp.vec3):  # fmt: skip
    n = flat
    albedo = look.skin
    gloss = float(0.75)
    seen = mix(s.seen, s.tris, face, u, v)
    if s.material[face] == BODY:
        a0 = s.uv[s.uv_tris[face, 0]]
        a1 = s.uv[s.uv_tris[face, 1]]
        a2 = s.uv[s.uv_tris[face, 2]]
        at = a0 * u + a1 * v + a2 * (1.0 - u - v)
        mark = texel(paint, at[0], at[1])
        albedo = wp.vec3(mark[0], mark[1], mark[2])
        gloss = mark[3]
        slope = texel(relief, at[0], at[1])
        p0 = s.points[s.tris[face, 0]]
        e1 = s.points[s.tris[face, 1]] - p0
        e2 = s.points[s.tris[face, 2]] - p0
        d1 = a1 - a0
        d2 = a2 - a0
        det = d1[0] * d2[1] - d1[1] * d2[0]
        if wp.abs(det) > 1.0e-12:  # the directions in which the texture runs down and across
            down = wp.normalize((e1 * d2[1] - e2 * d1[1]) / det)
            across = wp.normalize((e2 * d1[0] - e1 * d2[0]) / det)
            n = wp.normalize(n - down * slope[0] - across * slope[1])
    else:
        where = mix(s.rest, s.tris, face, u, v)
        rough = wp.noise(wp.rand_init(look.seed, 5), where * 7.0)
        fine = wp.noise(wp.rand_init(look.seed, 6), where * 45.0)
        albedo = albedo * (1.0 + 0.05 * rough + 0.03 * fine)
    out = Three()
    out.key = skin_light(albedo, n, flat, look.to_key, view, seen[0], gloss * look.gloss)
    out.fill = skin_light(albedo, n, flat, look.to_fill, view, seen[1], gloss * look.gloss)
    # Light bounced between skin and skin is redder: openness acts less on red.
    tinted = wp.vec3(wp.pow(seen[2], 0.85), seen[2], wp.pow(seen[2], 1.08))
    rim = (
        (0.028 + 0.25 * wp.pow(1.0 - wp.max(wp.dot(n, view), 0.0), 5.0)) * 0.7 * gloss * look.gloss * seen[2]
    )
    out.ambient = wp.cw_mul(albedo, tinted) * sky(n) + wp.vec3(rim, rim, rim)
    return out


@wp.func
def cloth_sample(look: Look, where: wp.vec3, flat: wp.vec3, light_seen: wp.vec3, inside_out: bool):
    weave = wp.noise(wp.rand_init(look.seed, 7), where * 60.0)
    folds = wp.noise(wp.rand_init(look.seed, 8), wp.vec3(where[0] * 3.0, where[1] * 5.0, where[2] * 3.0))
    albedo = look.cloth * (1.0 + 0.10 * weave + 0.05 * folds)
    if look.cloth_kind == 1:  # stripes
        albedo = albedo * (0.75 + 0.25 * wp.sign(wp.sin(where[1] * 24.0)))
    if collar(look, where) < 0.10:
        albedo = albedo * 0.82
    n = wp.normalize(flat + wp.vec3(folds * 0.25, folds * 0.1, 0.0))
    seen = light_seen
    if inside_out:  # the back of the collar, seen past the neck
        seen = wp.vec3(0.08, 0.08, 0.3)
    out = Three()
    out.key = plain_light(albedo, n, look.to_key, seen[0])
    out.fill = plain_light(albedo, n, look.to_fill, seen[1])
    out.ambient = albedo * (seen[2] * sky(n))
    return out


@wp.func
def inner_sample(look: Look, material: int, n: wp.vec3, seen: wp.vec3, view: wp.vec3):
    """Teeth, mouth, lashes and what lies behind the lids; darker the deeper they lie."""
    albedo = wp.vec3(0.25, 0.12, 0.10)
    deep = float(0.35)
    gleam = float(0.0)
    if material == TEETH:  # lit through the lips too, and wet
        albedo = wp.vec3(0.55, 0.50, 0.42)
        deep = 0.75
        gleam = ggx(n, view, look.to_key, 0.3) * seen[0]
    if material == MOUTH:
        albedo = wp.vec3(0.30, 0.10, 0.09)
        deep = 0.5
        gleam = ggx(n, view, look.to_key, 0.3) * seen[0]
    if material == LASHES:
        albedo = wp.vec3(0.012, 0.009, 0.008)
        deep = 1.0
    out = Three()
    out.key = plain_light(albedo, n, look.to_key, seen[0] * deep) + wp.vec3(gleam, gleam, gleam)
    out.fill = plain_light(albedo, n, look.to_fill, seen[1] * deep)
    out.ambient = albedo * (seen[2] * seen[2] * deep)
    return out


@wp.kernel
def shade(
    look: Look,
    near: wp.uint64,  # the head's mesh
    blocker: wp.uint64,  # the same without lashes and cloth
    s: Surface,
    paint: wp.array2d(dtype=wp.vec4),  # albedo, gloss
    relief: wp.array2d(dtype=wp.vec4),  # slope down, slope across, -, -
    far: wp.uint64,  # the hair's mesh or 0
    h: Locks,
    turn: wp.mat33,  # the head's rotation about pivot; the hair stays in the head's frame
    pivot: wp.vec3,
    samples: int,
    key: wp.array2d(dtype=wp.vec3),
    fill: wp.array2d(dtype=wp.vec3),
    ambient: wp.array2d(dtype=wp.vec3),
    cover: wp.array2d(dtype=wp.vec2),  # alpha, eye opening
):
    i, j = wp.tid()
    size = float(key.shape[0])
    total = Three()
    hits = float(0.0)
    eyes = float(0.0)
    back = wp.transpose(turn)
    hair_origin = back * (look.camera - pivot) + pivot
    for k in range(samples * samples):
        x = float(j) + (float(k % samples) + 0.5) / float(samples) - 0.5 * size
        y = 0.5 * size - float(i) - (float(k / samples) + 0.5) / float(samples)
        ray = wp.normalize(wp.vec3(x * look.step, y * look.step, -1.0))
        start = float(0.0)
        t_head = float(1.0e6)
        face = int(-1)
        u = float(0.0)
        v = float(0.0)
        for _ in range(5):
            q = wp.mesh_query_ray(near, look.camera + ray * start, ray, 40.0 - start)
            if not q.result:
                break
            if passes(look, s.material[q.face], mix(s.rest, s.tris, q.face, q.u, q.v)):
                start += q.t + 2.0e-5  # no more, or a surface just behind is skipped too
            else:
                t_head = start + q.t
                face = q.face
                u = q.u
                v = q.v
                break
        t_eye = sphere(look.camera, ray, look.eye_l, look.eye_radius)
        t_right = sphere(look.camera, ray, look.eye_r, look.eye_radius)
        centre = look.eye_l
        side = int(0)
        if t_right < t_eye:
            t_eye = t_right
            centre = look.eye_r
            side = 1
        lock = int(-1)
        hu = float(0.0)
        hv = float(0.0)
        if far != wp.uint64(0):
            reach = wp.min(wp.min(t_head, t_eye), 40.0)
            strip = wp.mesh_query_ray(far, hair_origin, back * ray, reach)
            if strip.result:
                lock = strip.face
                hu = strip.u
                hv = strip.v
        light = Three()
        if lock >= 0:
            light = hair_sample(look, h, turn, lock, hu, hv, -ray)
            hits += 1.0
        elif t_eye < t_head:
            light = eye_sample(look, blocker, look.camera + ray * t_eye, centre, side, -ray)
            eyes += 1.0
            hits += 1.0
        elif face >= 0:
            m = s.material[face]
            n = wp.normalize(mix(s.normals, s.tris, face, u, v))
            facing = wp.dot(n, -ray)
            if facing < 0.0:
                n = wp.normalize(n - ray * (0.02 - facing))
            if m == BODY or m == BARE:
                light = skin_sample(look, s, paint, relief, face, u, v, n, -ray)
            elif m == CLOTH:
                where = mix(s.rest, s.tris, face, u, v)
                light = cloth_sample(look, where, n, mix(s.seen, s.tris, face, u, v), facing < 0.0)
            else:
                light = inner_sample(look, m, n, mix(s.seen, s.tris, face, u, v), -ray)
            hits += 1.0
        total.key += light.key
        total.fill += light.fill
        total.ambient += light.ambient
    if hits > 0.0:
        key[i, j] = total.key / hits
        fill[i, j] = total.fill / hits
        ambient[i, j] = total.ambient / hits
    all_ = float(samples * samples)
    cover[i, j] = wp.vec2(hits / all_, eyes / all_)
