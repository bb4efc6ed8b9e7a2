# A stand-in for OpenWrt's rules.mk: the names that packages use. The "target" is the build machine.
.DEFAULT_GOAL:=compile
ARCH:=$(shell uname -m)
INCLUDE_DIR:=$(TOPDIR)/include
BUILD_DIR:=$(TOPDIR)/build_dir/target
BUILD_DIR_HOST:=$(TOPDIR)/build_dir/hostpkg
STAGING_DIR:=$(TOPDIR)/staging_dir/target
STAGING_DIR_HOST:=$(TOPDIR)/staging_dir/host
STAGING_DIR_HOSTPKG:=$(TOPDIR)/staging_dir/hostpkg
TOOLCHAIN_ROOT_DIR:=$(TOPDIR)/staging_dir/toolchain
TARGET_CC:=$(TOOLCHAIN_ROOT_DIR)/bin/target-cc
TARGET_CXX:=$(TOOLCHAIN_ROOT_DIR)/bin/target-c++
TARGET_CFLAGS:=-Os -pipe -DBY_SDK
CP:=cp -fpR
INSTALL_DIR:=install -d -m0755
INSTALL_BIN:=install -m0755
